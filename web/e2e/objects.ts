import { dicomOf, element, sequence, SYNTAX, uint16, uint32, words } from './pictures';

/** A DICOM object that is no picture. */
const object = (storage: string, modality: string, ...elements: Buffer[]) =>
  dicomOf(
    [
      element(0x0008, 0x0005, 'CS', 'ISO_IR 192'),
      element(0x0008, 0x0060, 'CS', modality),
      element(0x0010, 0x0010, 'PN', 'Zhang^San=张^三'),
      element(0x0010, 0x0020, 'LO', 'P-0001'),
      element(0x0020, 0x000d, 'UI', '1.2.826.0.1.3680043.10.8.1'),
      element(0x0020, 0x000e, 'UI', `1.2.826.0.1.3680043.10.8.1.${modality.length}${modality.charCodeAt(0)}`),
      ...elements,
    ],
    Buffer.alloc(0),
    SYNTAX.explicit,
    storage,
  );
const code = (group: number, tag: number, meaning: string, value = 'x') =>
  sequence(group, tag, [
    [
      element(0x0008, 0x0100, 'SH', value),
      element(0x0008, 0x0102, 'SH', '99TEST'),
      element(0x0008, 0x0104, 'LO', meaning),
    ],
  ]);

/** A basic text report with a finding and a measure. */
export function report(): Buffer {
  const finding = [
    element(0x0040, 0xa010, 'CS', 'CONTAINS'),
    element(0x0040, 0xa040, 'CS', 'TEXT'),
    code(0x0040, 0xa043, 'Finding'),
    element(0x0040, 0xa160, 'UT', '右肺上叶结节'),
  ];
  const width = [
    element(0x0040, 0xa010, 'CS', 'CONTAINS'),
    element(0x0040, 0xa040, 'CS', 'NUM'),
    code(0x0040, 0xa043, 'Width'),
    sequence(0x0040, 0xa300, [
      [code(0x0040, 0x08ea, 'millimetre', 'mm'), element(0x0040, 0xa30a, 'DS', '12.5')],
    ]),
  ];
  return object(
    '1.2.840.10008.5.1.4.1.1.88.11',
    'SR',
    element(0x0040, 0xa040, 'CS', 'CONTAINER'),
    code(0x0040, 0xa043, 'Chest CT Report'),
    element(0x0040, 0xa491, 'CS', 'COMPLETE'),
    element(0x0040, 0xa493, 'CS', 'UNVERIFIED'),
    sequence(0x0040, 0xa730, [finding, width]),
  );
}

interface Ecg {
  seconds?: number;
  /** Microvolts of a unit; without it nobody knows how high the curve is. */
  sensitivity?: string | null;
}

/** Two leads at 500 Hz. The first one is 1 mV in the first half of each second; of the second one nobody knows what it measures. */
export function ecg({ seconds = 12, sensitivity = '5' }: Ecg = {}): Buffer {
  const scale = (microvolts: string) => [
    element(0x003a, 0x0210, 'DS', microvolts),
    sequence(0x003a, 0x0211, [
      [
        element(0x0008, 0x0100, 'SH', 'uV'),
        element(0x0008, 0x0102, 'SH', 'UCUM'),
        element(0x0008, 0x0104, 'LO', 'microvolt'),
      ],
    ]),
    element(0x003a, 0x0212, 'DS', '1'),
    element(0x003a, 0x0213, 'DS', '0'),
  ];
  const channel = (label: string, more: Buffer[] = []) => [element(0x003a, 0x0203, 'SH', label), ...more];
  const samples = Array.from({ length: seconds * 500 }, (_, at) => [at % 500 < 250 ? 200 : 0, at % 97]);
  const group = [
    element(0x003a, 0x0005, 'US', uint16(2)),
    element(0x003a, 0x0010, 'UL', uint32(seconds * 500)),
    element(0x003a, 0x001a, 'DS', '500'),
    element(0x003a, 0x0020, 'SH', 'RHYTHM'),
    sequence(0x003a, 0x0200, [
      channel('Lead I', sensitivity === null ? [] : scale(sensitivity)),
      channel('Lead II'),
    ]),
    element(0x5400, 0x1004, 'US', uint16(16)),
    element(0x5400, 0x1006, 'CS', 'SS'),
    element(0x5400, 0x1010, 'OW', words(samples.flat())),
  ];
  return object('1.2.840.10008.5.1.4.1.1.9.1.1', 'ECG', sequence(0x5400, 0x0100, [group]));
}

/** A PDF of some pages: a red square, a line of Helvetica, and one of a Chinese font that the reader has to have, as many reports are written. */
export function printed(pages: number): Buffer {
  const hex = [...'胸部平扫'].map((letter) => letter.charCodeAt(0).toString(16).padStart(4, '0')).join('');
  const page = (number: number) =>
    `1 0 0 rg 72 500 100 100 re f 0 g BT /F1 24 Tf 72 720 Td (Chest CT, page ${number}) Tj ET BT /F2 24 Tf 72 680 Td <${hex}> Tj ET`;
  const numbers = Array.from({ length: pages }, (_, index) => index + 1);
  const first = 6;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages} /Kids [${numbers.map((_, index) => `${first + 2 * index} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [5 0 R] >>',
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> ' +
      '/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>',
    ...numbers.flatMap((number, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${first + 2 * index + 1} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>`,
      `<< /Length ${page(number).length} >>\nstream\n${page(number)}\nendstream`,
    ]),
  ];
  let text = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${places.join('')}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(text + end, 'latin1');
}

/** A PDF in a DICOM file (PS3.3 A.45.1). */
export const pdf = (bytes: Buffer) =>
  object(
    '1.2.840.10008.5.1.4.1.1.104.1',
    'DOC',
    element(0x0042, 0x0010, 'ST', '胸部 CT 报告'),
    element(0x0042, 0x0011, 'OB', bytes),
    element(0x0042, 0x0012, 'LO', 'application/pdf'),
    element(0x0042, 0x0015, 'UL', uint32(bytes.length)),
  );
