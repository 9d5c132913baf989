import { Button, Skeleton, Slider } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { ImageFile } from '../api/types';
import { count } from '../format';
import { Failure } from '../shell/states';
import type { DataSet } from './dataSet';
import { fetchPart } from './fetchPart';
import { PAPER, rowsOf, traceOf } from './paper';
import classes from './RecordingPanel.module.css';
import { curvesOf, presentSamples, recordingsOf, strideOf, type Recording } from './waveform';

/** So long a strip is shown at a time, as on paper; one that is a little longer is shown whole. */
const STRIP_S = 10;
const WHOLE_S = 15;
/** Electrocardiograms: 12-lead, general, ambulatory (PS3.6 A). Other recordings have no usual paper. */
const ECG = '1.2.840.10008.5.1.4.1.1.9.1.';
/** Explicit VR Big Endian (PS3.5 A.3, retired). */
const BIG_ENDIAN = '1.2.840.10008.1.2.2';

/** What was recorded: curves on paper where the file says what they measure, otherwise what there is. */
export function RecordingPanel({ file, dataSet }: { file: ImageFile; dataSet: DataSet }) {
  const { t } = useTranslation();
  const recordings = useMemo(() => recordingsOf(dataSet), [dataSet]);
  const isEcg = file.dicom?.sop_class_uid?.startsWith(ECG) === true;
  const isDrawn = (recording: Recording) =>
    isEcg &&
    recording.frequency > 0 &&
    presentSamples(recording) > 0 &&
    recording.channels.some(({ scale }) => scale !== null);
  return (
    <>
      <p>{t(recordings.some(isDrawn) ? 'documents.paper' : 'documents.notDrawn')}</p>
      {recordings.map((recording, index) => (
        <section key={index} className={classes['recording']}>
          <h3>{factsOf(recording, t)}</h3>
          {isDrawn(recording) ? (
            <Strip file={file} recording={recording} index={index} />
          ) : (
            <p className="quiet">
              {recording.channels
                .map(({ label }) => label)
                .filter(Boolean)
                .join(', ')}
            </p>
          )}
        </section>
      ))}
    </>
  );
}

function factsOf(recording: Recording, t: ReturnType<typeof useTranslation>['t']): string {
  const { label, channels, seconds, frequency } = recording;
  return [
    label,
    t('documents.channels', { count: channels.length }),
    `${Number(seconds.toFixed(1))} s × ${count(frequency)} Hz`,
  ]
    .filter(Boolean)
    .join(' · ');
}

interface StripProps {
  file: ImageFile;
  recording: Recording;
  index: number;
}

/** A recording, strip by strip: of one that took a day, only what is looked at is read. */
function Strip({ file, recording, index }: StripProps) {
  const { t } = useTranslation();
  const present = presentSamples(recording);
  const { frequency, channels } = recording;
  const isWhole = present <= WHOLE_S * frequency;
  const each = isWhole ? present : Math.max(1, Math.floor(STRIP_S * frequency));
  const last = Math.max(0, Math.ceil(present / each) - 1);
  const [at, setAt] = useState(0);
  const first = at * each;
  const curves = useCurves({ file, recording, index }, first, Math.min(each, present - first));
  const silent = channels.filter(({ scale }) => scale === null).map(({ label }) => label || '?');
  const seconds = (samples: number) => count(Math.round((samples / frequency) * 10) / 10);
  return (
    <>
      {last > 0 && (
        <div className={classes['strips']}>
          <Button
            size="xs"
            variant="default"
            px={8}
            aria-label={t('documents.earlier')}
            disabled={at === 0}
            onClick={() => setAt(at - 1)}
          >
            <IconChevronLeft size={16} />
          </Button>
          <span className={classes['when']}>
            {seconds(first)}–{seconds(Math.min(present, first + each))} / {seconds(present)} s
          </span>
          <Button
            size="xs"
            variant="default"
            px={8}
            aria-label={t('documents.later')}
            disabled={at === last}
            onClick={() => setAt(at + 1)}
          >
            <IconChevronRight size={16} />
          </Button>
          <Slider
            className={classes['slider']}
            thumbLabel={t('documents.when')}
            min={0}
            max={last}
            label={null}
            value={at}
            onChange={setAt}
          />
        </div>
      )}
      {curves.isError && <Failure error={curves.error} onRetry={() => void curves.refetch()} />}
      {curves.isPending && <Skeleton height={240} />}
      {curves.data && (
        // A strip that is not there yet leaves the one before, which must not be taken for it.
        <div className={classes['strip']} data-old={curves.isPlaceholderData || undefined}>
          <Paper id={`${file.id}-${index}`} recording={recording} curves={curves.data} isWhole={isWhole} />
        </div>
      )}
      {silent.length > 0 && (
        <p className="quiet">{t('documents.noScale', { channels: silent.join(', ') })}</p>
      )}
    </>
  );
}

function useCurves({ file, recording, index }: StripProps, first: number, samples: number) {
  const { api } = useServices();
  return useQuery({
    queryKey: ['waveform', file.id, index, first],
    queryFn: async () => {
      const { place } = recording;
      const stride = strideOf(recording);
      const [from, length] = [first * stride, samples * stride];
      if (!place) return [];
      if ('bytes' in place) return curvesOf(recording, place.bytes.subarray(from, from + length), true);
      const { url } = await api.download(file.id);
      const bytes = await fetchPart(url, place.from + from, length);
      return curvesOf(recording, bytes, file.dicom?.transfer_syntax_uid !== BIG_ENDIAN);
    },
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

/** Room for the names and the pulse that shows how high a millivolt is. */
const MARGIN = 12;

interface PaperProps {
  id: string;
  recording: Recording;
  curves: readonly Float32Array[];
  isWhole: boolean;
}

function Paper({ id, recording: { channels, frequency }, curves, isWhole }: PaperProps) {
  const drawn = useMemo(() => {
    const all = channels.flatMap((channel, index) =>
      channel.scale === null
        ? []
        : [{ channel, trace: traceOf(curves[index] ?? new Float32Array(), frequency) }],
    );
    return { all, ...rowsOf(all.map(({ trace }) => trace)) };
  }, [channels, curves, frequency]);
  const samples = Math.max(0, ...curves.map(({ length }) => length));
  const width = Math.ceil(MARGIN + Math.max(isWhole ? 0 : STRIP_S, samples / frequency) * PAPER.second + 3);
  const grid = `paper-${id}`;
  return (
    // It is wider than a phone, and its size has a meaning: so it is scrolled, by keys as well.
    <div
      className={classes['paper']}
      tabIndex={0}
      role="group"
      aria-label={channels.map(({ label }) => label).join(', ')}
    >
      <svg
        width={`${width}mm`}
        height={`${drawn.height}mm`}
        viewBox={`0 0 ${width} ${drawn.height}`}
        aria-hidden
      >
        <defs>
          <pattern id={`${grid}-1`} width="1" height="1" patternUnits="userSpaceOnUse">
            <path d="M1 0H0V1" className={classes['fine']} />
          </pattern>
          <pattern id={`${grid}-5`} width="5" height="5" patternUnits="userSpaceOnUse">
            <path d="M5 0H0V5" className={classes['bold']} />
          </pattern>
        </defs>
        <rect width={width} height={drawn.height} className={classes['sheet']} />
        <rect width={width} height={drawn.height} fill={`url(#${grid}-1)`} />
        <rect width={width} height={drawn.height} fill={`url(#${grid}-5)`} />
        {drawn.all.map(({ channel, trace }, row) => (
          <g key={row} transform={`translate(${MARGIN} ${drawn.zeros[row] ?? 0})`}>
            <path
              className={classes['trace']}
              // A millivolt for 200 ms, in the middle of what the curve covers.
              d={`M-8 0h1.5v${-PAPER.millivolt}h5v${PAPER.millivolt}h1.5`}
              transform={`translate(0 ${pulseAt(trace.top, trace.bottom)})`}
            />
            <path
              className={classes['trace']}
              data-channel={channel.label}
              d={trace.path}
              transform={`translate(${channel.skew * PAPER.second} 0)`}
            />
            <text className={classes['label']} x={-MARGIN + 1} y={pulseAt(trace.top, trace.bottom) + 4}>
              {channel.label}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

/** The foot of the pulse: at 0 mV, unless the curve is nowhere near to it. */
function pulseAt(top: number, bottom: number): number {
  const isFar = Number.isFinite(top) && (top > PAPER.millivolt || bottom < -PAPER.millivolt);
  return isFar ? (top + bottom + PAPER.millivolt) / 2 : 0;
}
