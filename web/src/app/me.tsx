import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { ServicesContext, useServices } from './context';

/** Who the person in front of the screen is to the service. */
export function useMe() {
  const { api } = useServices();
  return useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => api.me(signal),
    staleTime: 60_000,
  });
}

/** The token says who somebody is; the service knows more: that they are an administrator by their role, and a name if the token has none. */
export function AsTheServiceKnows({ children }: { children: ReactNode }) {
  const services = useServices();
  const { data: me } = useMe();
  const { name, isAdmin } = services.user;
  const known = useMemo(
    () => ({
      ...services,
      user: { name: name || (me?.name ?? ''), isAdmin: isAdmin || me?.admin === true },
    }),
    [services, name, isAdmin, me],
  );
  return <ServicesContext value={known}>{children}</ServicesContext>;
}
