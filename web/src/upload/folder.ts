/** A file somebody chose, with its path inside the chosen folder. */
export interface ChosenFile {
  file: File;
  path: string;
}

/** What operating systems leave in every folder. */
const LITTER = new Set(['.ds_store', 'thumbs.db', 'desktop.ini']);

/** As people count: slice-2 before slice-10. */
const ORDER = new Intl.Collator(undefined, { numeric: true });

/** Files of an `<input type="file">`, with or without `webkitdirectory`. */
export function chosenFiles(files: Iterable<File>): ChosenFile[] {
  return sorted([...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** Everything that was dropped, folders with all they contain. */
export async function droppedFiles(transfer: DataTransfer): Promise<ChosenFile[]> {
  // The items are only valid until the event handler returns: take all entries before the first await.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return chosenFiles(transfer.files);
  const found = await Promise.all(entries.map(filesOf));
  return sorted(found.flat());
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

/** Without what no doctor put there, in the order of their paths. */
function sorted(files: ChosenFile[]): ChosenFile[] {
  return files
    .filter(({ file }) => !LITTER.has(file.name.toLowerCase()))
    .sort((one, other) => ORDER.compare(one.path, other.path));
}
