import { Loader } from '@mantine/core';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { described, Differs } from './compare';
import { isLike, type Difference } from './likeness';
import { PictureMarks } from './PictureMarks';
import { Stage, type StageSource, type StageView, type ToolName } from './stage';
import { ViewerTools } from './ViewerTools';
import classes from './Viewer.module.css';

interface Props {
  source: StageSource;
  /** The server's picture of it, which the first one drawn has to be like; null when there is none. */
  preview: ImageBitmap | null;
  /** What the reader has to know of it. */
  notice?: ReactNode;
  /** Who it is, and what. */
  caption?: Caption | undefined;
  onFailed: (error: unknown) => void;
  /** After every change of what is on the screen. */
  onView?: (view: StageView, stage: Stage) => void;
}

/** Lines that stand on the picture: the patient, and the study. */
export interface Caption {
  patient: string[];
  study: string[];
}

const ZOOM_STEP = 1.2;
/** Frames per second of the cine loop, as most ultrasound clips are recorded. */
const CINE_MS = 1000 / 15;
const PAGE = 10;

/** DICOM with window/level, zoom, pan, frames and measurements. Everything the mouse does, the keyboard and the buttons do too. */
export function DicomViewer({ source, preview, notice, caption, onFailed, onView }: Props) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const element = useRef<HTMLDivElement>(null);
  const [stage, setStage] = useState<Stage | null>(null);
  const [view, setView] = useState<StageView | null>(null);
  const [difference, setDifference] = useState<Difference | null>(null);
  const [tool, setTool] = useState<ToolName>('window');
  const [playing, setPlaying] = useState(false);

  useStage({ element, source, preview, setStage, setView, setDifference, setTool, onFailed });
  useCine(playing, stage, view);
  useEffect(() => {
    if (stage && view) onView?.(view, stage);
  }, [stage, view, onView]);

  const choose = (name: ToolName) => {
    setTool(name);
    stage?.useTool(name);
  };
  const fill = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void frame.current?.requestFullscreen?.().catch(() => undefined);
  };
  const keys: Record<string, (stage: Stage, view: StageView) => void> = {
    ArrowRight: (on, { frame: now }) => void on.showFrame(now + 1),
    ArrowDown: (on, { frame: now }) => void on.showFrame(now + 1),
    ArrowLeft: (on, { frame: now }) => void on.showFrame(now - 1),
    ArrowUp: (on, { frame: now }) => void on.showFrame(now - 1),
    PageDown: (on, { frame: now }) => void on.showFrame(now + PAGE),
    PageUp: (on, { frame: now }) => void on.showFrame(now - PAGE),
    Home: (on) => void on.showFrame(1),
    End: (on, { frames }) => void on.showFrame(frames),
    '+': (on) => on.zoomBy(ZOOM_STEP),
    '=': (on) => on.zoomBy(ZOOM_STEP),
    '-': (on) => on.zoomBy(1 / ZOOM_STEP),
    '0': (on) => on.reset(),
    i: (on) => on.invert(),
    r: (on) => on.rotate(),
    h: (on) => on.flip(),
    f: fill,
    ' ': (_, { frames }) => frames > 1 && setPlaying(!playing),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (!act || !stage || !view || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(stage, view);
  };

  return (
    <div ref={frame} className={classes['viewer']}>
      {stage && view && (
        <ViewerTools
          stage={stage}
          view={view}
          modality={source.modality}
          tool={tool}
          playing={playing}
          onTool={choose}
          onPlay={() => setPlaying(!playing)}
          onFill={fill}
        />
      )}
      {notice && (
        <p className={classes['notice']} role="note">
          {notice}
        </p>
      )}
      <div className={classes['ground']}>
        <div
          ref={element}
          className={classes['stage']}
          tabIndex={0}
          role="application"
          aria-label={t('viewer.label')}
          aria-description={t('viewer.keys')}
          data-ready={view !== null || undefined}
          data-zoom={view?.zoom.toFixed(3)}
          data-frame={view?.frame}
          data-kept={view?.kept}
          data-difference={difference ? described(difference) : undefined}
          data-place={stage && view ? Object.values(stage.place()).join(' ') : undefined}
          data-measures={stage && view && view.measures > 0 ? stage.measurements().join('\n') : undefined}
          onKeyDown={onKeyDown}
          onContextMenu={(event) => event.preventDefault()}
        />
        {view && <PictureMarks view={view} caption={caption} />}
      </div>
      {!view && <Loader className={classes['loader']} color="gray" />}
    </div>
  );
}

interface Staging {
  element: React.RefObject<HTMLDivElement | null>;
  source: StageSource;
  preview: ImageBitmap | null;
  setStage: (stage: Stage | null) => void;
  setView: (view: StageView | null) => void;
  setDifference: (difference: Difference | null) => void;
  setTool: (tool: ToolName) => void;
  onFailed: (error: unknown) => void;
}

/** Opens the file, and shows it once it is known to look like the server's picture. */
function useStage({
  element,
  source,
  preview,
  setStage,
  setView,
  setDifference,
  setTool,
  onFailed,
}: Staging) {
  useEffect(() => {
    let gone = false;
    let opened: Stage | null = null;
    const target = element.current;
    if (!target) return;
    const resizing = new ResizeObserver(() => opened?.resize());
    const fail = (error: unknown) => !gone && onFailed(error);
    const open = async () => {
      const stage = await Stage.open(target, source, fail);
      if (gone) return stage.close();
      opened = stage;
      if (preview && !stage.view().isBroken) {
        const difference = await stage.compare(preview);
        if (gone) return;
        setDifference(difference);
        if (!isLike(difference)) throw new Differs(difference);
      }
      const { first } = source;
      if (first !== null && stage.view().frame !== first && !(await stage.showFrame(first))) return;
      if (gone) return;
      stage.onChange(() => setView(stage.view()));
      setStage(stage);
      setTool(stage.firstTool);
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
  }, [element, source, preview, setStage, setView, setDifference, setTool, onFailed]);
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
