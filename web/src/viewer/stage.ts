import {
  Enums,
  eventTarget,
  imageLoader,
  RenderingEngine,
  utilities,
  type StackViewport,
} from '@cornerstonejs/core';
import dicomImageLoader from '@cornerstonejs/dicom-image-loader';
import {
  addTool,
  Enums as ToolEnums,
  init as initTools,
  PanTool,
  StackScrollTool,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';
import { compare } from './compare';
import { drawn, onTrouble } from './drawn';
import type { Difference, Rectangle } from './likeness';
import { forgetFile, framesOf, startLoader } from './loader';
import { inTime } from './watch';

/** What dragging with the main button does. */
export const TOOLS = { window: WindowLevelTool, pan: PanTool, zoom: ZoomTool, scroll: StackScrollTool };
export type ToolName = keyof typeof TOOLS;

/** Window width and centre (DICOM PS3.3 C.11.2). */
export interface Window {
  width: number;
  center: number;
}

/** What is on screen. */
export interface StageView {
  frame: number;
  frames: number;
  window: Window | null;
  zoom: number;
}

/** A picture that takes longer is not coming. The largest frames need seconds on a slow machine. */
const PATIENCE_MS = 20_000;

const ENGINE = 'film';
let started: Promise<void> | null = null;
let stages = 0;
/** All stages draw with one engine, and so with one WebGL context: each of their own would soon be too many. */
let engine: RenderingEngine | null = null;

/** Once per page. */
function start(): Promise<void> {
  started ??= (async () => {
    await startLoader();
    initTools();
    Object.values(TOOLS).forEach((tool) => addTool(tool));
    // What is drawn with a lost context is black.
    eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, () => {
      const lost = engine;
      engine = null;
      lost?.destroy();
    });
  })();
  return started;
}

/** One DICOM file on one element: Cornerstone3D behind the few verbs the page needs. */
export class Stage {
  private readonly gone = new AbortController();
  private unwatch: () => void = () => undefined;

  private constructor(
    private readonly id: string,
    private readonly element: HTMLDivElement,
    private readonly viewport: StackViewport,
    private readonly imageIds: string[],
    private readonly file: string,
    private readonly fail: (error: unknown) => void,
  ) {}

  /**
   * Decodes and draws the frame the server made its preview of. Rejects when the bytes are no picture this page can
   * show; what goes wrong later is told to `onFailed`.
   */
  static async open(
    element: HTMLDivElement,
    bytes: Blob,
    onFailed: (error: unknown) => void,
  ): Promise<Stage> {
    await start();
    const file = dicomImageLoader.wadouri.fileManager.add(bytes);
    let stage: Stage | null = null;
    let givenUp = false;
    const opening = async () => {
      const frames = framesOf(await imageLoader.loadAndCacheImage(`${file}?frame=1`), bytes.size);
      if (givenUp) throw new Error('closed');
      const imageIds = Array.from({ length: frames }, (_, index) => `${file}?frame=${index + 1}`);
      const id = `stage-${++stages}`;
      engine ??= new RenderingEngine(ENGINE);
      engine.enableElement({ viewportId: id, element, type: Enums.ViewportType.STACK });
      const viewport = engine.getViewport(id) as StackViewport;
      stage = new Stage(id, element, viewport, imageIds, file, onFailed);
      stage.bindTools();
      // Of many frames, the server shows the middle one.
      await stage.draw(() => viewport.setStack(imageIds, Math.floor(frames / 2)));
      // The wheel changes frames without asking anybody here.
      stage.unwatch = onTrouble(onFailed);
      return stage;
    };
    try {
      return await inTime(opening(), PATIENCE_MS);
    } catch (error) {
      givenUp = true;
      if (stage) (stage as Stage).close();
      else forgetFile(file, [`${file}?frame=1`]);
      throw error;
    }
  }

  /** How far what is drawn is from the server's picture of it. */
  async compare(preview: ImageBitmap): Promise<Difference> {
    const { NEAREST, LINEAR } = Enums.InterpolationType;
    const [columns = 0] = this.viewport.getImageData()?.dimensions ?? [];
    // Much enlarged pixels are compared with sharp edges: blurred ones of a small picture are other colours.
    const enlarged = this.place().width > 2 * columns;
    if (enlarged) await this.redraw(NEAREST);
    const difference = compare(this.viewport.getCanvas(), this.place(), '#000', preview);
    if (enlarged) await this.redraw(LINEAR);
    return difference;
  }

  private redraw(interpolationType: Enums.InterpolationType): Promise<void> {
    this.viewport.setProperties({ interpolationType });
    return this.draw(() => Promise.resolve());
  }

  /** Where on the canvas the picture is, in pixels of the canvas. */
  place(): Rectangle {
    const drawn = this.viewport.getImageData();
    if (!drawn) throw new Error('nothing is drawn');
    const [columns = 0, rows = 0] = drawn.dimensions;
    const onCanvas = (x: number, y: number) =>
      this.viewport.worldToCanvas(utilities.transformIndexToWorld(drawn.imageData, [x, y, 0]));
    // Pixels are centred on whole numbers.
    const [[left, top], [right, bottom]] = [onCanvas(-0.5, -0.5), onCanvas(columns - 0.5, rows - 0.5)];
    const canvas = this.viewport.getCanvas();
    const scale = canvas.width / canvas.clientWidth;
    return {
      x: Math.min(left, right) * scale,
      y: Math.min(top, bottom) * scale,
      width: Math.abs(right - left) * scale,
      height: Math.abs(bottom - top) * scale,
    };
  }

  view(): StageView {
    const range = this.viewport.getProperties().voiRange;
    return {
      frame: this.viewport.getCurrentImageIdIndex() + 1,
      frames: this.imageIds.length,
      window: range ? { width: range.upper - range.lower, center: (range.upper + range.lower) / 2 } : null,
      zoom: this.viewport.getZoom(),
    };
  }

  /** Calls back after everything that changes {@link view}. */
  onChange(listener: () => void): () => void {
    const { IMAGE_RENDERED, STACK_NEW_IMAGE, VOI_MODIFIED, CAMERA_MODIFIED } = Enums.Events;
    const events = [IMAGE_RENDERED, STACK_NEW_IMAGE, VOI_MODIFIED, CAMERA_MODIFIED];
    events.forEach((event) => this.element.addEventListener(event, listener));
    return () => events.forEach((event) => this.element.removeEventListener(event, listener));
  }

  useTool(name: ToolName): void {
    const group = ToolGroupManager.getToolGroup(this.id);
    if (!group) return;
    for (const other of Object.keys(TOOLS) as ToolName[]) {
      group.setToolPassive(TOOLS[other].toolName, { removeAllBindings: true });
    }
    const { Primary, Secondary, Auxiliary, Wheel } = ToolEnums.MouseBindings;
    const bindings: Record<ToolName, ToolEnums.MouseBindings[]> = {
      window: [],
      pan: [Auxiliary],
      zoom: [Secondary],
      scroll: this.imageIds.length > 1 ? [Wheel] : [],
    };
    if (this.imageIds.length === 1) bindings.zoom.push(Wheel);
    bindings[name].unshift(Primary);
    for (const tool of Object.keys(TOOLS) as ToolName[]) {
      if (bindings[tool].length === 0) continue;
      group.setToolActive(TOOLS[tool].toolName, {
        bindings: bindings[tool].map((mouseButton) => ({ mouseButton })),
      });
    }
  }

  /** Answers whether the frame is on the screen. */
  async showFrame(frame: number): Promise<boolean> {
    const index = Math.max(0, Math.min(this.imageIds.length - 1, frame - 1));
    try {
      await this.draw(() => this.viewport.setImageIdIndex(index));
      return true;
    } catch (error) {
      if (!this.gone.signal.aborted) this.fail(error);
      return false;
    }
  }

  setWindow({ width, center }: Window): void {
    this.viewport.setProperties({ voiRange: { lower: center - width / 2, upper: center + width / 2 } });
    this.viewport.render();
  }

  zoomBy(factor: number): void {
    this.viewport.setZoom(this.viewport.getZoom() * factor);
    this.viewport.render();
  }

  invert(): void {
    this.viewport.setProperties({ invert: !this.viewport.getProperties().invert });
    this.viewport.render();
  }

  rotate(): void {
    const { rotation = 0 } = this.viewport.getViewPresentation();
    this.viewport.setViewPresentation({ rotation: (rotation + 90) % 360 });
    this.viewport.render();
  }

  /** Back to what the file asks for. */
  reset(): void {
    this.viewport.resetProperties();
    this.viewport.setViewPresentation({ rotation: 0 });
    this.viewport.resetCamera();
    this.viewport.render();
  }

  resize(): void {
    engine?.resize(true, true);
  }

  close(): void {
    this.gone.abort();
    this.unwatch();
    ToolGroupManager.destroyToolGroup(this.id);
    engine?.disableElement(this.id);
    forgetFile(this.file, this.imageIds);
  }

  private draw(change: () => Promise<unknown>): Promise<void> {
    return inTime(drawn(this.viewport, change, this.gone.signal), PATIENCE_MS);
  }

  private bindTools(): void {
    const group = ToolGroupManager.createToolGroup(this.id);
    if (!group) throw new Error('tool group exists');
    Object.values(TOOLS).forEach(({ toolName }) => group.addTool(toolName));
    group.addViewport(this.id, ENGINE);
    this.useTool('window');
  }
}
