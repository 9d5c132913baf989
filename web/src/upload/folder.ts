/** A file somebody chose, with its path inside the chosen folder. */
export interface ChosenFile {
  file: File;
  path: string;
}

/** What operating systems leave in every folder. */
const LITTER = new Set(['.ds_store', 'thumbs.db', 'desktop.ini']);

/** Files of an `<input type="file">`, with or without `webkitdirectory`. */
export function chosenFiles(files: Iterable<File>): ChosenFile[] {
  return [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })).filter(isWanted);
}

/** Everything that was dropped, folders with all they contain. */
export async function droppedFiles(transfer: DataTransfer): Promise<ChosenFile[]> {
  // The items are only valid until the event handler returns: take all entries before the first await.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return chosenFiles(transfer.files);
  const found = await Promise.all(entries.map(filesOf));
  return found.flat().filter(isWanted);
}

async function filesOf(entry: FileSystemEntry): Promise<ChosenFile[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, '') }];
  }
  const children = await childrenOf(entry as FileSystemDirectoryEntry);
  const found: ChosenFile[] = [];
  for (const child of children) found.push(...(await filesOf(child)));
  return found;
}

/** A directory hands out its content in portions (100 in Chromium) until one is empty. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (portion.length === 0) return all;
    all.push(...portion);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isWanted({ file }: ChosenFile): boolean {
  return !LITTER.has(file.name.toLowerCase());
}
