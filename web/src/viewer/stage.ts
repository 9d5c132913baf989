import { Enums, eventTarget, RenderingEngine, utilities, type StackViewport } from '@cornerstonejs/core';
import {
  addTool,
  AngleTool,
  annotation,
  cancelActiveManipulations,
  CobbAngleTool,
  EllipticalROITool,
  Enums as ToolEnums,
  init as initTools,
  LengthTool,
  PanTool,
  StackScrollTool,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';
import { compare } from './compare';
import { drawn, onTrouble } from './drawn';
import type { Place } from './dicom/geometry';
import type { Difference, Rectangle } from './likeness';
import { factsOf, forgetFile, keptBytes, setModality, startLoader, type OpenFile } from './loader';
import { edgesOf, type Axes, type Letters } from './orientation';
import { inTime } from './watch';

/** What dragging with the main button does. */
export const TOOLS = {
  window: WindowLevelTool,
  pan: PanTool,
  zoom: ZoomTool,
  scroll: StackScrollTool,
  length: LengthTool,
  angle: AngleTool,
  cobb: CobbAngleTool,
  ellipse: EllipticalROITool,
};
export const MEASURES = ['length', 'angle', 'cobb', 'ellipse'] as const satisfies (keyof typeof TOOLS)[];
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
  /** What is towards the edges; null where the file does not say how it lies in the patient. */
  letters: Letters | null;
  /** Pixels of the screen that a millimetre has; null where the file does not say how large it is. */
  pixelsPerMillimetre: number | null;
  /** Lengths are at the detector: they are larger than in the patient. */
  isProjection: boolean;
  /** Measurements on this picture. */
  measures: number;
  /** This file of a series cannot be shown: there is nothing on the screen. */
  isBroken: boolean;
  /** Nobody has changed the window, the place or the size. */
  isUntouched: boolean;
  /** Bytes of all pictures that the page keeps. */
  kept: number;
}

/** What is opened. */
export interface StageSource {
  open: () => Promise<OpenFile>;
  /** The modality, which says in what values are measured. */
  modality: string | null;
  /** The frame that is shown at first; null for the one that is opened. */
  first: number | null;
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
    source: StageSource,
    onFailed: (error: unknown) => void,
  ): Promise<Stage> {
    await start();
    let file: OpenFile | null = null;
    let stage: Stage | null = null;
    let givenUp = false;
    const opening = async () => {
      const found = await source.open();
      setModality(found, source.modality);
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

  get isOpen(): boolean {
    return !this.gone.signal.aborted;
  }

  /** What dragging does at first. A finger turns the pages of a stack, because it has no wheel; a mouse changes the window. */
  get firstTool(): ToolName {
    return this.count > 1 && window.matchMedia('(pointer: coarse)').matches ? 'scroll' : 'window';
  }

  get count(): number {
    return this.file.imageIds.length;
  }

  /** Where a slice lies, counted from 0; null while it is not loaded, or if its file does not say. */
  placeAt(index: number): Place | null {
    return factsOf(this.file.imageIds[index] ?? '')?.geometry.place ?? null;
  }

  /** Keys work from now on, without a click. */
  focus(): void {
    this.element.focus({ preventScroll: true });
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
      kept: keptBytes(),
      ...this.measured(),
    };
  }

  /** How the picture lies in the patient, and how large it is. */
  private measured(): Pick<
    StageView,
    'letters' | 'pixelsPerMillimetre' | 'isProjection' | 'measures' | 'isBroken' | 'isUntouched'
  > {
    const {
      geometry,
      spacing,
      isBroken = false,
      window: own,
    } = factsOf(this.viewport.getCurrentImageId()) ?? {};
    const axes = this.axes();
    const wide = axes ? Math.hypot(...axes.row) / (spacing?.[1] ?? 1) : NaN;
    return {
      letters: geometry?.orientation && axes ? edgesOf(geometry.orientation, axes) : null,
      pixelsPerMillimetre: geometry && geometry.scale !== 'pixels' && wide > 0 ? wide : null,
      isProjection: geometry?.scale === 'detector',
      measures: this.annotations().length,
      isBroken,
      isUntouched: this.isUntouched(own ?? null),
    };
  }

  private isUntouched(own: Window | null): boolean {
    const {
      zoom = 1,
      pan = [0, 0],
      rotation = 0,
      flipHorizontal = false,
    } = this.viewport.getViewPresentation();
    const window = this.window();
    const isOwn = own === null || (window !== null && isSameWindow(window, own));
    const isPlaced = Math.abs(zoom - 1) < SAME && pan.every((by) => Math.abs(by) < SAME);
    return isOwn && isPlaced && rotation === 0 && !flipHorizontal && this.annotations().length === 0;
  }

  /** Where the next pixel of a row and of a column are on the screen. */
  private axes(): Axes | null {
    const drawn = this.viewport.getImageData();
    if (!drawn) return null;
    const onCanvas = (x: number, y: number) =>
      this.viewport.worldToCanvas(utilities.transformIndexToWorld(drawn.imageData, [x, y, 0]));
    const [[x, y], [rx, ry], [cx, cy]] = [onCanvas(0, 0), onCanvas(1, 0), onCanvas(0, 1)];
    return { row: [rx - x, ry - y], column: [cx - x, cy - y] };
  }

  private annotations() {
    const imageId = this.viewport.getCurrentImageId();
    return annotation.state
      .getAllAnnotations()
      .filter(({ metadata }) => metadata?.referencedImageId === imageId);
  }

  /** The words of all measurements on this picture, as they stand on it. */
  measurements(): string[] {
    return this.annotations().flatMap(({ data }) => {
      const stats = Object.values((data as { cachedStats?: Record<string, unknown> }).cachedStats ?? {});
      return stats.map((each) => JSON.stringify(each));
    });
  }

  /** Takes the measurements off this picture. */
  clearMeasures(): void {
    // One that is only half drawn would leave its tool waiting for the rest.
    cancelActiveManipulations(this.element);
    for (const { annotationUID } of this.annotations()) {
      if (annotationUID) annotation.state.removeAnnotation(annotationUID);
    }
    this.viewport.render();
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
    const { ANNOTATION_COMPLETED, ANNOTATION_REMOVED, ANNOTATION_MODIFIED } = ToolEnums.Events;
    const measures = [ANNOTATION_COMPLETED, ANNOTATION_REMOVED, ANNOTATION_MODIFIED];
    events.forEach((event) => this.element.addEventListener(event, listener));
    measures.forEach((event) => eventTarget.addEventListener(event, listener));
    return () => {
      events.forEach((event) => this.element.removeEventListener(event, listener));
      measures.forEach((event) => eventTarget.removeEventListener(event, listener));
    };
  }

  useTool(name: ToolName): void {
    const group = ToolGroupManager.getToolGroup(this.id);
    if (!group) return;
    for (const other of Object.keys(TOOLS) as ToolName[]) {
      group.setToolPassive(TOOLS[other].toolName, { removeAllBindings: true });
    }
    const { Primary, Secondary, Auxiliary, Wheel } = ToolEnums.MouseBindings;
    type Bindings = ({ mouseButton: ToolEnums.MouseBindings } | { numTouchPoints: number })[];
    const many = this.file.imageIds.length > 1;
    const bindings: Partial<Record<ToolName, Bindings>> = {
      pan: [{ mouseButton: Auxiliary }, { numTouchPoints: 3 }],
      zoom: [{ mouseButton: Secondary }, { numTouchPoints: 2 }],
    };
    (bindings[many ? 'scroll' : 'zoom'] ??= []).push({ mouseButton: Wheel });
    (bindings[name] ??= []).unshift({ mouseButton: Primary }, { numTouchPoints: 1 });
    for (const [tool, bound] of Object.entries(bindings) as [ToolName, Bindings][]) {
      group.setToolActive(TOOLS[tool].toolName, { bindings: bound });
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

  flip(): void {
    const { flipHorizontal = false } = this.viewport.getViewPresentation();
    this.viewport.setViewPresentation({ flipHorizontal: !flipHorizontal });
    this.viewport.render();
  }

  /** Back to what the file asks for. */
  reset(): void {
    this.resetProperties();
    this.viewport.setViewPresentation({ rotation: 0, flipHorizontal: false });
    this.viewport.resetCamera();
    this.viewport.render();
  }

  resize(): void {
    engine?.resize(true, true);
  }

  close(): void {
    const own = new Set(this.file.imageIds);
    for (const { annotationUID, metadata } of annotation.state.getAllAnnotations()) {
      const of = metadata?.referencedImageId;
      if (annotationUID && of !== undefined && own.has(of)) annotation.state.removeAnnotation(annotationUID);
    }
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
    this.useTool(this.firstTool);
  }
}
