import {
  cache,
  Enums,
  imageLoader,
  init as initCore,
  RenderingEngine,
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

const VIEWPORT = 'film';
let started: Promise<void> | null = null;
let stages = 0;

/** Once per page. Two decoders: more would fight the page itself for the processor. */
function start(): Promise<void> {
  started ??= (async () => {
    await initCore();
    dicomImageLoader.init({ maxWebWorkers: 2 });
    initTools();
    Object.values(TOOLS).forEach((tool) => addTool(tool));
  })();
  return started;
}

/** One DICOM file on one element: Cornerstone3D behind the few verbs the page needs. */
export class Stage {
  private constructor(
    private readonly id: string,
    private readonly element: HTMLDivElement,
    private readonly engine: RenderingEngine,
    private readonly viewport: StackViewport,
    private readonly imageIds: string[],
    private readonly file: string,
  ) {}

  /** Decodes the first frame and shows it. Rejects when the bytes are no picture this page can decode. */
  static async open(element: HTMLDivElement, bytes: Blob): Promise<Stage> {
    await start();
    const file = dicomImageLoader.wadouri.fileManager.add(bytes);
    const first = `${file}?frame=1`;
    const frames = frameCount(await imageLoader.loadAndCacheImage(first));
    const imageIds = Array.from({ length: frames }, (_, index) => `${file}?frame=${index + 1}`);

    const id = `stage-${++stages}`;
    const engine = new RenderingEngine(id);
    engine.enableElement({ viewportId: VIEWPORT, element, type: Enums.ViewportType.STACK });
    const viewport = engine.getViewport(VIEWPORT) as StackViewport;
    const stage = new Stage(id, element, engine, viewport, imageIds, file);
    stage.bindTools();
    await viewport.setStack(imageIds, 0);
    viewport.render();
    return stage;
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

  async showFrame(frame: number): Promise<void> {
    const index = Math.max(0, Math.min(this.imageIds.length - 1, frame - 1));
    await this.viewport.setImageIdIndex(index);
    this.viewport.render();
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
    this.engine.resize(true, true);
  }

  close(): void {
    ToolGroupManager.destroyToolGroup(this.id);
    this.engine.destroy();
    for (const imageId of this.imageIds) {
      if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true });
    }
    dicomImageLoader.wadouri.fileManager.remove(Number(this.file.split(':')[1]));
  }

  private bindTools(): void {
    const group = ToolGroupManager.createToolGroup(this.id);
    if (!group) throw new Error('tool group exists');
    Object.values(TOOLS).forEach(({ toolName }) => group.addTool(toolName));
    group.addViewport(VIEWPORT, this.id);
    this.useTool('window');
  }
}

/** Number of Frames (0028,0008); absent means one. The loader hands its parsed header out with the image. */
function frameCount(image: unknown): number {
  const { data } = image as { data?: { NumberOfFrames?: number | string } };
  const frames = Number(data?.NumberOfFrames ?? 1);
  return Number.isInteger(frames) && frames > 1 ? frames : 1;
}
