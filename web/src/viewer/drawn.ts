import { Enums, eventTarget, type StackViewport } from '@cornerstonejs/core';

const { IMAGE_RENDERED, IMAGE_LOAD_ERROR, WEBGL_CONTEXT_LOST, RENDER_PATH_ERROR } = Enums.Events;

/** What the library tells when it cannot load or draw a frame. */
const TROUBLES = [IMAGE_LOAD_ERROR, WEBGL_CONTEXT_LOST, RENDER_PATH_ERROR];

/** Calls back when the library cannot load or draw a frame; answers how to stop that. */
export function onTrouble(act: (error: Error) => void): () => void {
  const hear = (event: Event) => act(new Error(event.type));
  TROUBLES.forEach((type) => eventTarget.addEventListener(type, hear));
  return () => TROUBLES.forEach((type) => eventTarget.removeEventListener(type, hear));
}

/**
 * Waits until a change is on the canvas. The library tells of a frame it could not load or draw by an event only, or
 * not at all but by an error that nobody catches.
 */
export function drawn(
  viewport: StackViewport,
  change: () => Promise<unknown>,
  gone: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  return new Promise<void>((resolve, reject) => {
    const wrong = (error: unknown) => reject(error instanceof Error ? error : new Error(String(error)));
    signal.addEventListener('abort', onTrouble(wrong));
    window.addEventListener('error', ({ error }) => error instanceof Error && wrong(error), { signal });
    window.addEventListener('unhandledrejection', ({ reason }) => wrong(reason), { signal });
    gone.addEventListener('abort', () => wrong('closed'), { signal });
    change().then(() => {
      viewport.element.addEventListener(IMAGE_RENDERED, () => resolve(), { once: true, signal });
      viewport.render();
    }, wrong);
  }).finally(() => over.abort());
}
