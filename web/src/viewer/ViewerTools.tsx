import { ActionIcon, NativeSelect, Slider, Tooltip } from '@mantine/core';
import {
  IconAdjustments,
  IconAngle,
  IconArrowsMaximize,
  IconArrowsMove,
  IconContrast2,
  IconEraser,
  IconFlipVertical,
  IconGeometry,
  IconOvalVertical,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconRotateClockwise2,
  IconRuler2,
  IconStack2,
  IconZoomIn,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isSameWindow, type Stage, type StageView, type ToolName } from './stage';
import classes from './Viewer.module.css';

const TOOL_ICONS: Record<ToolName, typeof IconAdjustments> = {
  window: IconAdjustments,
  zoom: IconZoomIn,
  pan: IconArrowsMove,
  scroll: IconStack2,
  length: IconRuler2,
  angle: IconAngle,
  cobb: IconGeometry,
  ellipse: IconOvalVertical,
};

/** Usual windows of CT reading, in Hounsfield units. */
const CT_WINDOWS = {
  presetLung: { width: 1500, center: -600 },
  presetBone: { width: 2000, center: 400 },
  presetBrain: { width: 80, center: 40 },
  presetAbdomen: { width: 400, center: 50 },
} as const;
type Preset = keyof typeof CT_WINDOWS;

interface Props {
  stage: Stage;
  view: StageView;
  modality: string | null;
  tool: ToolName;
  playing: boolean;
  onTool: (tool: ToolName) => void;
  onPlay: () => void;
  onFill: () => void;
}

export function ViewerTools({ stage, view, modality, tool, playing, onTool, onPlay, onFill }: Props) {
  const { t } = useTranslation();
  const many = view.frames > 1;
  const tools = (Object.keys(TOOL_ICONS) as ToolName[]).filter((name) => many || name !== 'scroll');
  return (
    <div className={classes['tools']} role="toolbar" aria-label={t('viewer.label')}>
      {tools.map((name) => {
        const Icon = TOOL_ICONS[name];
        return (
          <ToolButton
            key={name}
            label={t(`viewer.${name}`)}
            pressed={tool === name}
            onClick={() => onTool(name)}
          >
            <Icon size={19} />
          </ToolButton>
        );
      })}
      <span className={classes['gap']} />
      <ToolButton label={t('viewer.invert')} onClick={() => stage.invert()}>
        <IconContrast2 size={19} />
      </ToolButton>
      <ToolButton label={t('viewer.rotate')} onClick={() => stage.rotate()}>
        <IconRotateClockwise2 size={19} />
      </ToolButton>
      <ToolButton label={t('viewer.flip')} onClick={() => stage.flip()}>
        <IconFlipVertical size={19} />
      </ToolButton>
      {view.measures > 0 && (
        <ToolButton label={t('viewer.clearMeasures')} onClick={() => stage.clearMeasures()}>
          <IconEraser size={19} />
        </ToolButton>
      )}
      {document.fullscreenEnabled && (
        <ToolButton label={t('viewer.fill')} onClick={onFill}>
          <IconArrowsMaximize size={19} />
        </ToolButton>
      )}
      <ToolButton label={t('viewer.reset')} onClick={() => stage.reset()}>
        <IconRefresh size={19} />
      </ToolButton>
      {modality === 'CT' && view.inUnits && <Presets stage={stage} view={view} />}
      {many && (
        <>
          <ToolButton label={t(playing ? 'viewer.stop' : 'viewer.play')} onClick={onPlay}>
            {playing ? <IconPlayerPause size={19} /> : <IconPlayerPlay size={19} />}
          </ToolButton>
          <Slider
            className={classes['frames']}
            thumbLabel={t('viewer.scroll')}
            min={1}
            max={view.frames}
            value={view.frame}
            label={null}
            onChange={(frame) => void stage.showFrame(frame)}
          />
        </>
      )}
    </div>
  );
}

/** Stands in the list while the window is none of it. */
const OTHER = 'other';

function Presets({ stage, view }: { stage: Stage; view: StageView }) {
  const { t } = useTranslation();
  const presets = Object.keys(CT_WINDOWS) as Preset[];
  const chosen = presets.find((name) => view.window && isSameWindow(view.window, CT_WINDOWS[name]));
  const shown = view.isOwnWindow ? '' : (chosen ?? OTHER);
  const apply = (name: string) => {
    if (name in CT_WINDOWS) stage.setWindow(CT_WINDOWS[name as Preset]);
    else stage.resetWindow();
  };
  return (
    <NativeSelect
      size="xs"
      aria-label={t('viewer.preset')}
      value={shown}
      data={[
        { value: '', label: t('viewer.presetDefault') },
        ...presets.map((value) => ({ value, label: t(`viewer.${value}`) })),
        ...(shown === OTHER ? [{ value: OTHER, label: t('viewer.presetOther'), disabled: true }] : []),
      ]}
      onChange={(event) => apply(event.currentTarget.value)}
    />
  );
}

interface ToolButtonProps {
  label: string;
  pressed?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function ToolButton({ label, pressed, onClick, children }: ToolButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        size="lg"
        variant={pressed ? 'filled' : 'subtle'}
        className={classes['tool']}
        aria-label={label}
        aria-pressed={pressed}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
