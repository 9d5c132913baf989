import './app/mantine.css';
import './shell/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { ColorScheme } from './app/ColorScheme';
import { loadConfig } from './config';
import { preferredLanguage, startLanguage } from './i18n';
import { StartFailed } from './shell/StartFailed';
import { startSession } from './session/start';

const element = document.getElementById('root');
if (!element) throw new Error('index.html has no #root');
const root = createRoot(element);

async function start(): Promise<void> {
  // Both are needed for the first paint and neither needs the other.
  const [config] = await Promise.all([loadConfig(), startLanguage(preferredLanguage())]);
  const session = await startSession(config.auth);
  root.render(
    <StrictMode>
      <ColorScheme>
        <App config={config} session={session} />
      </ColorScheme>
    </StrictMode>,
  );
}

start().catch((error: unknown) => {
  console.error(error);
  root.render(
    <ColorScheme>
      <StartFailed />
    </ColorScheme>,
  );
});
