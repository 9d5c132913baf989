import { useQuery } from '@tanstack/react-query';
import { useServices } from '../app/context';
import { dataSetOf } from './dataSet';

/** All elements of a DICOM file, as long as it is DICOM. They never change. */
export function useElements(id: number, enabled = true) {
  const { api } = useServices();
  return useQuery({
    queryKey: ['elements', id],
    queryFn: async ({ signal }) => dataSetOf(await api.elements(id, signal)),
    enabled: enabled && Number.isSafeInteger(id),
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
