import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Patient } from '../api/types';

/** Tells the person and every list that a patient was saved. */
export function useSavedPatient(onSaved: (patient: Patient) => void) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return async (saved: Patient) => {
    notifications.show({ message: t('patients.created', { name: saved.name }), color: 'teal' });
    await queries.invalidateQueries({ queryKey: ['patients'] });
    onSaved(saved);
  };
}
