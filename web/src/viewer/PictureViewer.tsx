import { ActionIcon, Loader, Tooltip } from '@mantine/core';
import { IconRefresh, IconRotateClockwise2, IconZoomIn, IconZoomOut } from '@tabler/icons-react';
import {
  useEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Viewer.module.css';

interface Placement {
  zoom: number;
  x: number;
  y: number;
  rotation: number;
}

const FITTED: Placement = { zoom: 1, x: 0, y: 0, rotation: 0 };
const [SMALLEST, LARGEST] = [0.25, 20];
const STEP = 1.25;

/** A picture that has not come by then is not coming. */
const PATIENCE_MS = 60_000;

interface Props {
  url: string;
  notice?: ReactNode;
  /** Its pixels are to be read: the bucket has to allow it. */
  readable?: boolean;
  onShown?: (image: HTMLImageElement) => void;
  onFailed: (error?: unknown) => void;
}

/** A plain picture with zoom, pan and rotation. */
export function PictureViewer({ url, notice, readable, onShown, onFailed }: Props) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState(FITTED);
  /** Width to height; null until the picture is there. */
  const [ratio, setRatio] = useState<number | null>(null);
  const loaded = ratio !== null;
  const zoomBy = (factor: number) =>
    setPlace((now) => ({ ...now, zoom: Math.min(LARGEST, Math.max(SMALLEST, now.zoom * factor)) }));
  const move = (x: number, y: number) => setPlace((now) => ({ ...now, x: now.x + x, y: now.y + y }));
  const rotate = () => setPlace((now) => ({ ...now, rotation: (now.rotation + 90) % 360 }));

  // React listens to wheel passively, which would let the page scroll along.
  useEffect(() => {
    const element = frame.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoomBy(event.deltaY < 0 ? STEP : 1 / STEP);
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, []);

  useEffect(() => {
    if (loaded) return;
    const timer = setTimeout(() => onFailed(new Error('the picture did not come')), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [loaded, onFailed]);

  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons === 1) move(event.movementX, event.movementY);
  };
  const keys: Record<string, () => void> = {
    '+': () => zoomBy(STEP),
    '=': () => zoomBy(STEP),
    '-': () => zoomBy(1 / STEP),
    '0': () => setPlace(FITTED),
    ArrowLeft: () => move(40, 0),
    ArrowRight: () => move(-40, 0),
    ArrowUp: () => move(0, 40),
    ArrowDown: () => move(0, -40),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  const buttons = [
    { label: `${t('viewer.zoom')} +`, icon: IconZoomIn, act: () => zoomBy(STEP) },
    { label: `${t('viewer.zoom')} −`, icon: IconZoomOut, act: () => zoomBy(1 / STEP) },
    { label: t('viewer.rotate'), icon: IconRotateClockwise2, act: rotate },
    { label: t('viewer.reset'), icon: IconRefresh, act: () => setPlace(FITTED) },
  ];

  return (
    <div className={classes['viewer']}>
      <div className={classes['tools']} role="toolbar" aria-label={t('viewer.label')}>
        {buttons.map(({ label, icon: Icon, act }) => (
          <Tooltip key={label} label={label}>
            <ActionIcon
              size="lg"
              variant="subtle"
              className={classes['tool']}
              aria-label={label}
              onClick={act}
            >
              <Icon size={19} />
            </ActionIcon>
          </Tooltip>
        ))}
      </div>
      {notice && (
        <p className={classes['notice']} role="note">
          {notice}
        </p>
      )}
      <div
        ref={frame}
        className={classes['picture']}
        tabIndex={0}
        role="application"
        aria-label={t('viewer.label')}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
      >
        <img
          src={url}
          alt={t('viewer.label')}
          draggable={false}
          crossOrigin={readable ? 'anonymous' : undefined}
          onLoad={(event) => {
            const image = event.currentTarget;
            setRatio(image.naturalWidth / image.naturalHeight);
            onShown?.(image);
          }}
          onError={() => onFailed(new Error('the picture cannot be shown'))}
          style={{
            ...({ '--ratio': ratio ?? 1 } as CSSProperties),
            visibility: loaded ? 'visible' : 'hidden',
            transform: `translate(${place.x}px, ${place.y}px) rotate(${place.rotation}deg) scale(${place.zoom})`,
          }}
        />
      </div>
      {!loaded && <Loader className={classes['loader']} color="gray" />}
    </div>
  );
}
