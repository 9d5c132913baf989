import type { ImageFile } from '../api/types';

interface Page {
  items: ImageFile[];
  next_cursor: string | null;
}

/** As many as the service gives at once: a page can be asked for only when the one before has come. */
const PAGE_SIZE = 500;

/** All files of a list, page by page. */
export async function allFiles(
  page: (asked: { cursor: string | null; page_size: number }) => Promise<Page>,
): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  let cursor: string | null = null;
  do {
    const { items, next_cursor }: Page = await page({ cursor, page_size: PAGE_SIZE });
    files.push(...items);
    cursor = next_cursor;
  } while (cursor !== null);
  return files;
}

/** What a series has: pictures that make a stack, clips of many frames, plain pictures, and what has no picture. */
export interface Content {
  stack: ImageFile[];
  clips: ImageFile[];
  others: ImageFile[];
}

export function contentOf(files: readonly ImageFile[]): Content {
  const content: Content = { stack: [], clips: [], others: [] };
  for (const file of files) {
    // One that could not be read stays in its place: the order has to make sense, and somebody has to see that there is a gap.
    const mayHavePicture = file.preview_url !== null || (file.dicom?.rows ?? 0) > 0;
    if (file.file_type !== 'DICOM' || !mayHavePicture) content.others.push(file);
    else if ((file.dicom?.number_of_frames ?? 1) > 1) content.clips.push(file);
    else content.stack.push(file);
  }
  return content;
}
