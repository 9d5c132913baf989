import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { useMe } from '../app/me';

/** Who put a file into the trash. Only administrators may ask the service for names. */
export function Deleter({ id }: { id: number | null }) {
  const { t } = useTranslation();
  const { api, user } = useServices();
  const me = useMe().data;
  const isOther = id !== null && me !== undefined && me.id !== id;
  const people = useQuery({
    queryKey: ['users', 'one', String(id)],
    queryFn: ({ signal }) => api.users({ search: String(id), page_size: 100 }, signal),
    enabled: isOther && user.isAdmin,
    staleTime: 60_000,
  });
  if (id === null || me === undefined) return t('trash.deletedAt');
  if (!isOther) return t('trash.deletedByYou');
  const name = people.data?.items.find((person) => person.id === id)?.name;
  return name ? t('trash.deletedBy', { name }) : t('trash.deletedByAdmin');
}
