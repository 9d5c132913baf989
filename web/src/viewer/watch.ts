/** It did not happen in time. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/** The result, unless it takes longer. While nobody sees the page the clock stands still: browsers draw nothing then. */
export function inTime<T>(result: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    const over = () => {
      if (document.hidden) timer = setTimeout(over, milliseconds);
      else reject(new TooSlow(`not within ${milliseconds} ms`));
    };
    timer = setTimeout(over, milliseconds);
  });
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}
