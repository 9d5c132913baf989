import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Api } from '../api/api';
import { sessionExpiry, type Session, type User } from '../session/session';
import type { Downloads } from '../download/downloads';
import type { UploadQueue } from '../upload/queue';

/** What every page needs: built once in App, handed down through React. */
export interface Services {
  api: Api;
  session: Session;
  user: User;
  uploads: UploadQueue;
  downloads: Downloads;
  /** Where OHIF is, if a study can be opened there. */
  ohif: string | undefined;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('outside of App');
  return services;
}

export function useSessionExpired(): boolean {
  return useSyncExternalStore(sessionExpiry.subscribe, sessionExpiry.get);
}
