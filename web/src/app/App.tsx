import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { BrowserRouter, Navigate, Route, Routes, useLocation } from 'react-router';
import { createApi } from '../api/api';
import { createApiClient } from '../api/client';
import { isTransient } from '../api/problem';
import type { Config } from '../config';
import { Downloads } from '../download/downloads';
import { DemoSession } from '../session/demo';
import { filesChanged } from '../images/changed';
import type { Session, User } from '../session/session';
import { CrashGuard } from '../shell/CrashGuard';
import { Layout } from '../shell/Layout';
import { lazily } from '../shell/lazily';
import { NotFound } from '../shell/states';
import { SessionExpired } from '../shell/SessionExpired';
import { SignedOut } from '../shell/SignedOut';
import { SignIn } from '../shell/SignIn';
import { WorklistPage } from '../studies/WorklistPage';
import { openUploads } from '../upload/open';
import { ServicesContext } from './context';
import { AsTheServiceKnows } from './me';
import { PageTitle } from './PageTitle';

// The list is what people open first; everything else loads when it is needed.
const StudyPage = lazily('study', () => import('../studies/StudyPage').then((m) => m.StudyPage));
const ListPage = lazily('images', () => import('../images/ListPage').then((m) => m.ListPage));
const DetailPage = lazily('detail', () => import('../detail/DetailPage').then((m) => m.DetailPage));
const ElementsPage = lazily('elements', () => import('../elements/ElementsPage').then((m) => m.ElementsPage));
const StackPage = lazily('stack', () => import('../studies/StackPage').then((m) => m.StackPage));
const UploadPage = lazily('upload', () => import('../upload/UploadPage').then((m) => m.UploadPage));
const PatientsPage = lazily('patients', () => import('../patients/PatientsPage').then((m) => m.PatientsPage));
const PatientPage = lazily('patient', () => import('../patients/PatientPage').then((m) => m.PatientPage));
const StatisticsPage = lazily('statistics', () =>
  import('../statistics/StatisticsPage').then((m) => m.StatisticsPage),
);
const AuditPage = lazily('audit', () => import('../audit/AuditPage').then((m) => m.AuditPage));
const UsersPage = lazily('users', () => import('../users/UsersPage').then((m) => m.UsersPage));
const TrashPage = lazily('trash', () => import('../trash/TrashPage').then((m) => m.TrashPage));

export function App({ config, session }: { config: Config; session: Session }) {
  const [user, setUser] = useState(session.user());
  if (!user) {
    if (session instanceof DemoSession) {
      return <SignIn session={session} onSignedIn={() => setUser(session.user())} />;
    }
    return session.begin ? <SignedOut onSignIn={session.begin} /> : null;
  }
  return (
    <SignedIn config={config} session={session} user={user} onSignedOut={() => setUser(session.user())} />
  );
}

interface SignedInProps {
  config: Config;
  session: Session;
  user: User;
  onSignedOut: () => void;
}

function SignedIn({ config, session, user, onSignedOut }: SignedInProps) {
  const queries = useMemo(() => createQueryClient(), []);
  const services = useMemo(() => {
    const api = createApi(createApiClient(config.apiUrl, session));
    const uploads = openUploads(api, user.name, () => void filesChanged(queries));
    return { api, session, user, uploads, downloads: new Downloads(api), ohif: config.ohif };
  }, [config, session, user, queries]);
  const signOut = async () => {
    services.downloads.close();
    await services.uploads.close();
    await session.signOut();
    onSignedOut();
  };
  return (
    <QueryClientProvider client={queries}>
      <ServicesContext value={services}>
        <AsTheServiceKnows>
          <BrowserRouter>
            <PageTitle />
            <Layout onSignOut={() => void signOut()}>
              <Pages />
            </Layout>
          </BrowserRouter>
          <SessionExpired />
        </AsTheServiceKnows>
        <Notifications position="bottom-center" zIndex={400} />
      </ServicesContext>
    </QueryClientProvider>
  );
}

/** What a page broke, another one need not suffer: the guard begins anew with each path. */
function Pages() {
  const { pathname } = useLocation();
  return (
    <CrashGuard key={pathname}>
      <Routes>
        <Route path="/" element={<Navigate to="/studies" replace />} />
        <Route path="/studies" element={<WorklistPage />} />
        <Route path="/studies/:id" element={<StudyPage />} />
        <Route path="/images" element={<ListPage />} />
        <Route path="/images/:id" element={<DetailPage />} />
        <Route path="/images/:id/dicom" element={<ElementsPage />} />
        <Route path="/stack" element={<StackPage />} />
        <Route path="/upload" element={<UploadPage />} />
        <Route path="/patients" element={<PatientsPage />} />
        <Route path="/patients/record" element={<PatientPage />} />
        <Route path="/statistics" element={<StatisticsPage />} />
        <Route path="/trash" element={<TrashPage />} />
        <Route path="/audit" element={<AuditPage />} />
        <Route path="/users" element={<UsersPage />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </CrashGuard>
  );
}

/** Transient failures are retried twice for reads; a change is never repeated behind the user's back. */
function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (failures, error) => failures < 2 && isTransient(error),
        retryDelay: (failures) => 400 * 2 ** failures,
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
