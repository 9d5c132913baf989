import { dicomOf, element, layout, words } from './pictures';

/** A phantom of known sizes: a disc of 40 HU in air, with pixels of this many millimetres. */
export const PHANTOM = {
  size: 200,
  spacing: 0.5,
  disc: { x: 100, y: 100, radius: 60 },
  disc_hu: 40,
  air_hu: -1000,
};

interface Options {
  /** Instance Number; null for none. */
  number?: number | null;
  /** Image Orientation (Patient); null for none. */
  orientation?: string | null;
  /** Image Position (Patient); null for none. */
  position?: string | null;
  patientId?: string;
  patientName?: string;
  study?: string;
  series?: string;
  seriesNumber?: number;
  description?: string;
  date?: string;
  /** Instead of Pixel Spacing, which is in the patient. */
  spacingAt?: 'patient' | 'detector' | 'nowhere';
  /** Of the disc: so that slices differ. */
  hu?: number;
  /** Pixels of a side, beyond those of the phantom: air. */
  size?: number;
}

/** A CT slice of the phantom. */
export function phantom(options: Options = {}): Buffer {
  const {
    number = 1,
    orientation = '1\\0\\0\\0\\1\\0',
    position = `0\\0\\${(number ?? 0) * 2}`,
    patientId = 'P-0001',
    patientName = 'Zhang^San=张^三',
    study = '1.2.826.0.1.3680043.10.7.1',
    series = `${study}.1`,
    seriesNumber = 1,
    description = 'Lung 1.0',
    date = '20260105',
    spacingAt = 'patient',
    hu = PHANTOM.disc_hu,
    size = PHANTOM.size,
  } = options;
  const { disc, air_hu } = PHANTOM;
  const spacing = `${PHANTOM.spacing}\\${PHANTOM.spacing}`;
  const values = Array.from({ length: size * size }, (_, at) => {
    const [x, y] = [at % size, Math.floor(at / size)];
    const inside = Math.hypot(x - disc.x, y - disc.y) <= disc.radius;
    // A mark that tells one slice from another.
    const mark = y < 4 && x < 4 ? (number ?? 0) : 0;
    return (inside ? hu : air_hu) + 1024 + mark;
  });
  const own = layout({ stored: 12, columns: size, rows: size });
  return dicomOf(
    [
      element(0x0008, 0x0005, 'CS', 'ISO_IR 192'),
      element(0x0008, 0x0020, 'DA', date),
      element(0x0008, 0x0030, 'TM', '143022'),
      element(0x0008, 0x0050, 'SH', 'A-2026-0001'),
      element(0x0008, 0x1030, 'LO', 'CT CHEST'),
      element(0x0008, 0x103e, 'LO', description),
      element(0x0010, 0x0010, 'PN', patientName),
      element(0x0010, 0x0020, 'LO', patientId),
      element(0x0018, 0x0015, 'CS', 'CHEST'),
      ...(spacingAt === 'detector' ? [element(0x0018, 0x1164, 'DS', spacing)] : []),
      element(0x0020, 0x000d, 'UI', study),
      element(0x0020, 0x000e, 'UI', series),
      element(0x0020, 0x0011, 'IS', String(seriesNumber)),
      ...(number === null ? [] : [element(0x0020, 0x0013, 'IS', String(number))]),
      ...(position === null ? [] : [element(0x0020, 0x0032, 'DS', position)]),
      ...(orientation === null ? [] : [element(0x0020, 0x0037, 'DS', orientation)]),
      ...(spacingAt === 'patient' ? [element(0x0028, 0x0030, 'DS', spacing)] : []),
      element(0x0028, 0x1050, 'DS', '40'),
      element(0x0028, 0x1051, 'DS', '400'),
      element(0x0028, 0x1052, 'DS', '-1024'),
      element(0x0028, 0x1053, 'DS', '1'),
      ...own,
    ],
    element(0x7fe0, 0x0010, 'OW', words(values)),
  );
}
