import { useTranslation } from 'react-i18next';
import type { Caption } from './DicomViewer';
import { barOf } from './orientation';
import type { StageView } from './stage';
import classes from './Viewer.module.css';

/** The longest scale bar, in pixels of the screen. */
const LONGEST_BAR = 160;

/** What stands on the picture: who it is, how it lies, how large it is, and how it is shown. */
export function PictureMarks({ view, caption }: { view: StageView; caption: Caption | undefined }) {
  const { t } = useTranslation();
  const bar = view.pixelsPerMillimetre === null ? null : barOf(view.pixelsPerMillimetre, LONGEST_BAR);
  return (
    <div className={classes['marks']}>
      {view.letters &&
        (['left', 'right', 'top', 'bottom'] as const).map((edge) => (
          <span key={edge} className={classes['letter']} data-edge={edge}>
            {view.letters?.[edge]}
          </span>
        ))}
      {caption && (
        <>
          <Lines lines={caption.patient} corner="patient" />
          <Lines lines={caption.study} corner="study" />
        </>
      )}
      {view.isBroken && (
        <p className={classes['broken']} role="status">
          {t('viewer.broken')}
        </p>
      )}
      <div className={classes['overlay']} aria-live="off">
        {view.window &&
          !view.isBroken &&
          t('viewer.wl', { width: written(view.window.width), center: written(view.window.center) })}
        {view.frames > 1 && <span>{t('viewer.frame', { frame: view.frame, total: view.frames })}</span>}
      </div>
      {bar && (
        <div className={classes['scale']} data-scale={bar.label}>
          {view.isProjection && <span>{t('viewer.projection')}</span>}
          <span>{bar.label}</span>
          <svg width={bar.pixels} height="7" aria-hidden>
            <path d={`M0.5 0V6H${bar.pixels - 0.5}V0`} fill="none" stroke="currentColor" />
          </svg>
        </div>
      )}
    </div>
  );
}

function Lines({ lines, corner }: { lines: string[]; corner: string }) {
  const said = lines.filter((line) => line !== '');
  if (said.length === 0) return null;
  return (
    <div className={classes['caption']} data-corner={corner}>
      {said.map((line, index) => (
        <span key={index}>{line}</span>
      ))}
    </div>
  );
}

/** A number of a window: whole ones as they are, others with what can be seen of them. */
const written = (value: number) =>
  Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
