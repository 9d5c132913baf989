import { Loader } from '@mantine/core';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { described, Differs } from './compare';
import { isLike, type Difference } from './likeness';
import { Stage, type StageView, type ToolName } from './stage';
import { ViewerTools } from './ViewerTools';
import classes from './Viewer.module.css';

interface Props {
  bytes: Blob;
  /** The server's picture of it, which the first one drawn has to be like; null when there is none. */
  preview: ImageBitmap | null;
  /** What the reader has to know of it. */
  notice?: string | undefined;
  modality: string | null;
  onFailed: (error: unknown) => void;
}

const ZOOM_STEP = 1.2;
/** Frames per second of the cine loop, as most ultrasound clips are recorded. */
const CINE_MS = 1000 / 15;

/** DICOM with window/level, zoom, pan and frames. Everything the mouse does, the keyboard and the buttons do too. */
export function DicomViewer({ bytes, preview, notice, modality, onFailed }: Props) {
  const { t } = useTranslation();
  const element = useRef<HTMLDivElement>(null);
  const [stage, setStage] = useState<Stage | null>(null);
  const [view, setView] = useState<StageView | null>(null);
  const [difference, setDifference] = useState<Difference | null>(null);
  const [tool, setTool] = useState<ToolName>('window');
  const [playing, setPlaying] = useState(false);

  useStage({ element, bytes, preview, setStage, setView, setDifference, onFailed });
  useCine(playing, stage, view);

  const choose = (name: ToolName) => {
    setTool(name);
    stage?.useTool(name);
  };
  const keys: Record<string, (stage: Stage, view: StageView) => void> = {
    ArrowRight: (on, { frame }) => void on.showFrame(frame + 1),
    ArrowDown: (on, { frame }) => void on.showFrame(frame + 1),
    ArrowLeft: (on, { frame }) => void on.showFrame(frame - 1),
    ArrowUp: (on, { frame }) => void on.showFrame(frame - 1),
    '+': (on) => on.zoomBy(ZOOM_STEP),
    '=': (on) => on.zoomBy(ZOOM_STEP),
    '-': (on) => on.zoomBy(1 / ZOOM_STEP),
    '0': (on) => on.reset(),
    i: (on) => on.invert(),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (!act || !stage || !view || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act(stage, view);
  };

  return (
    <div className={classes['viewer']}>
      {stage && view && (
        <ViewerTools
          stage={stage}
          view={view}
          modality={modality}
          tool={tool}
          playing={playing}
          onTool={choose}
          onPlay={() => setPlaying(!playing)}
        />
      )}
      {notice && (
        <p className={classes['notice']} role="note">
          {notice}
        </p>
      )}
      <div
        ref={element}
        className={classes['stage']}
        tabIndex={0}
        role="application"
        aria-label={t('viewer.label')}
        aria-description={t('viewer.keys')}
        data-ready={view !== null || undefined}
        data-zoom={view?.zoom.toFixed(3)}
        data-difference={difference ? described(difference) : undefined}
        data-place={stage && view ? Object.values(stage.place()).join(' ') : undefined}
        onKeyDown={onKeyDown}
        onContextMenu={(event) => event.preventDefault()}
      />
      {!view && <Loader className={classes['loader']} color="gray" />}
      {view && (
        <div className={classes['overlay']} aria-live="off">
          {view.window &&
            t('viewer.wl', { width: written(view.window.width), center: written(view.window.center) })}
          {view.frames > 1 && <span>{t('viewer.frame', { frame: view.frame, total: view.frames })}</span>}
        </div>
      )}
    </div>
  );
}

/** A number of a window: whole ones as they are, others with what can be seen of them. */
const written = (value: number) =>
  Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));

interface Staging {
  element: React.RefObject<HTMLDivElement | null>;
  bytes: Blob;
  preview: ImageBitmap | null;
  setStage: (stage: Stage | null) => void;
  setView: (view: StageView | null) => void;
  setDifference: (difference: Difference | null) => void;
  onFailed: (error: unknown) => void;
}

/** Opens the file, and shows it once it is known to look like the server's picture. */
function useStage({ element, bytes, preview, setStage, setView, setDifference, onFailed }: Staging) {
  useEffect(() => {
    let gone = false;
    let opened: Stage | null = null;
    const target = element.current;
    if (!target) return;
    const resizing = new ResizeObserver(() => opened?.resize());
    const fail = (error: unknown) => !gone && onFailed(error);
    const open = async () => {
      const stage = await Stage.open(target, bytes, fail);
      if (gone) return stage.close();
      opened = stage;
      if (preview) {
        const difference = await stage.compare(preview);
        if (gone) return;
        setDifference(difference);
        if (!isLike(difference)) throw new Differs(difference);
      }
      if (stage.view().frame > 1 && !(await stage.showFrame(1))) return;
      if (gone) return;
      stage.onChange(() => setView(stage.view()));
      setStage(stage);
      setView(stage.view());
      resizing.observe(target);
    };
    open().catch(fail);
    return () => {
      gone = true;
      resizing.disconnect();
      setStage(null);
      setView(null);
      opened?.close();
    };
  }, [element, bytes, preview, setStage, setView, setDifference, onFailed]);
}

function useCine(playing: boolean, stage: Stage | null, view: StageView | null) {
  const latest = useRef(view);
  useEffect(() => {
    latest.current = view;
  }, [view]);
  useEffect(() => {
    if (!playing || !stage) return;
    const timer = setInterval(() => {
      const now = latest.current;
      if (now) void stage.showFrame(now.frame >= now.frames ? 1 : now.frame + 1);
    }, CINE_MS);
    return () => clearInterval(timer);
  }, [playing, stage]);
}
