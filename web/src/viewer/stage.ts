import { Enums, eventTarget, RenderingEngine, utilities, type StackViewport } from '@cornerstonejs/core';
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
import { factsOf, forgetFile, openFile, startLoader, type OpenFile } from './loader';
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
  /** It is the window that the frame came with. */
  isOwnWindow: boolean;
  /** The window is in what the file measures, such as Hounsfield units: windows from elsewhere make sense. */
  inUnits: boolean;
  zoom: number;
}

/** A window that differs by less is the same one: the library computes with its ends. */
const SAME = 0.01;
export const isSameWindow = (one: Window, other: Window) =>
  Math.abs(one.width - other.width) < SAME && Math.abs(one.center - other.center) < SAME;

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
    private readonly file: OpenFile,
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
    let file: OpenFile | null = null;
    let stage: Stage | null = null;
    let givenUp = false;
    const opening = async () => {
      const found = await openFile(bytes);
      file = found;
      if (givenUp) {
        forgetFile(found);
        throw new Error('closed');
      }
      const id = `stage-${++stages}`;
      engine ??= new RenderingEngine(ENGINE);
      engine.enableElement({ viewportId: id, element, type: Enums.ViewportType.STACK });
      const viewport = engine.getViewport(id) as StackViewport;
      stage = new Stage(id, element, viewport, found, onFailed);
      stage.bindTools();
      // Of many frames, the server shows one.
      await stage.draw(() => viewport.setStack(found.imageIds, found.middle));
      // The wheel changes frames without asking anybody here.
      stage.unwatch = onTrouble(onFailed);
      return stage;
    };
    try {
      return await inTime(opening(), PATIENCE_MS);
    } catch (error) {
      givenUp = true;
      if (stage) (stage as Stage).close();
      else if (file) forgetFile(file);
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
    const { window: own = null, inUnits = false } = factsOf(this.viewport.getCurrentImageId()) ?? {};
    const window = this.window();
    return {
      frame: this.viewport.getCurrentImageIdIndex() + 1,
      frames: this.file.imageIds.length,
      window,
      isOwnWindow: window !== null && own !== null && isSameWindow(window, own),
      inUnits,
      zoom: this.viewport.getZoom(),
    };
  }

  /** The window as a header would say it. */
  private window(): Window | null {
    const { voiRange, VOILUTFunction } = this.viewport.getProperties();
    if (!voiRange) return null;
    const { lower, upper } = voiRange;
    if (VOILUTFunction === Enums.VOILUTFunctionType.LINEAR_EXACT) {
      return { width: upper - lower, center: (lower + upper) / 2 };
    }
    // LINEAR has its ends half a value further in (PS3.3 C.11.2.1.2.1).
    const { windowWidth: width, windowCenter: center } = utilities.windowLevel.toWindowLevel(lower, upper);
    return { width, center };
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
      scroll: this.file.imageIds.length > 1 ? [Wheel] : [],
    };
    if (this.file.imageIds.length === 1) bindings.zoom.push(Wheel);
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
    const index = Math.max(0, Math.min(this.file.imageIds.length - 1, frame - 1));
    try {
      await this.draw(() => this.viewport.setImageIdIndex(index));
      return true;
    } catch (error) {
      if (!this.gone.signal.aborted) this.fail(error);
      return false;
    }
  }

  setWindow({ width, center }: Window): void {
    const { VOILUTFunction } = this.viewport.getProperties();
    const voiRange = utilities.windowLevel.toLowHighRange(width, center, VOILUTFunction);
    this.viewport.setProperties({ voiRange });
    this.viewport.render();
  }

  /** Back to the window that every frame comes with. */
  resetWindow(): void {
    const { invert } = this.viewport.getProperties();
    this.resetProperties();
    this.viewport.setProperties({ invert });
    this.viewport.render();
  }

  private resetProperties(): void {
    try {
      this.viewport.resetProperties();
    } catch (error) {
      // When everything is back, the library looks for the colour map (5.14, `_resetProperties`): a sigmoid has none.
      if (this.viewport.getProperties().VOILUTFunction !== Enums.VOILUTFunctionType.SAMPLED_SIGMOID)
        throw error;
    }
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
    this.resetProperties();
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
    forgetFile(this.file);
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
