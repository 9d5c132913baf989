import { Alert, Button, Modal } from '@mantine/core';
import {
  createContext,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from 'react';
import { useTranslation } from 'react-i18next';
import { useSessionExpired } from '../app/context';
import classes from './Dialog.module.css';

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: 'md' | 'lg';
  /** It has to be answered before any other dialog: it stands over them. */
  first?: boolean;
  children: ReactNode;
}

interface Inside {
  setUnsaved: (unsaved: boolean) => void;
  close: () => void;
}
const InsideContext = createContext<Inside>({ setUnsaved: () => undefined, close: () => undefined });

/** Below messages, above the other dialogs. */
const FIRST = 300;

/**
 * Mantine's Modal with a name for its close button, and without a `<header>`: a page has one already. Its scroll lock
 * would inject <style>, which the Content-Security-Policy forbids. Text that nobody saved is not lost by Escape or a
 * click beside it: then it asks.
 */
export function Dialog({ opened, onClose, title, size = 'md', first = false, children }: Props) {
  const { t } = useTranslation();
  // Read when somebody closes: the key may follow the last letter at once.
  const unsaved = useRef(false);
  const [setUnsaved] = useState(() => (now: boolean) => void (unsaved.current = now));
  const [asking, setAsking] = useState(false);
  // Keys and focus belong to the question who somebody is.
  const covered = useSessionExpired() && !first;
  const end = () => {
    setAsking(false);
    onClose();
  };
  const close = () => (unsaved.current ? setAsking(!asking) : end());
  return (
    <Modal.Root
      opened={opened}
      onClose={close}
      size={size}
      centered
      lockScroll={false}
      closeOnEscape={!covered}
      trapFocus={!covered}
      {...(first ? { zIndex: FIRST } : {})}
    >
      <Modal.Overlay />
      <Modal.Content>
        <div className={classes['head']}>
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t('app.close')} />
        </div>
        <Modal.Body>
          {asking && <Unsaved onKeep={() => setAsking(false)} onDiscard={end} />}
          <InsideProvider setUnsaved={setUnsaved} close={close}>
            {children}
          </InsideProvider>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function InsideProvider({ setUnsaved, close, children }: Inside & { children: ReactNode }) {
  const value = useMemo(() => ({ setUnsaved, close }), [setUnsaved, close]);
  return <InsideContext value={value}>{children}</InsideContext>;
}

/** Tells the dialog around a form whether there is something to lose. Answers how to close it with the same question. */
export function useUnsaved(unsaved: boolean): () => void {
  const { setUnsaved, close } = useContext(InsideContext);
  useLayoutEffect(() => {
    setUnsaved(unsaved);
    return () => setUnsaved(false);
  }, [unsaved, setUnsaved]);
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [unsaved]);
  return close;
}

function Unsaved({ onKeep, onDiscard }: { onKeep: () => void; onDiscard: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert color="orange" role="alertdialog" title={t('app.unsavedTitle')} mb="md">
      <div className={classes['choice']}>
        <Button size="xs" autoFocus onClick={onKeep}>
          {t('app.unsavedKeep')}
        </Button>
        <Button size="xs" variant="default" onClick={onDiscard}>
          {t('app.unsavedDiscard')}
        </Button>
      </div>
    </Alert>
  );
}
