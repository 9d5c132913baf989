/** Data elements the viewer reads (PS3.6): group and element as one number. */
export const TAG = {
  transferSyntax: 0x0002_0010,
  sopClass: 0x0008_0016,
  imagerPixelSpacing: 0x0018_1164,
  nominalScannedPixelSpacing: 0x0018_2010,
  imagePosition: 0x0020_0032,
  imageOrientation: 0x0020_0037,
  frameOfReference: 0x0020_0052,
  planePositionSequence: 0x0020_9113,
  planeOrientationSequence: 0x0020_9116,
  samplesPerPixel: 0x0028_0002,
  photometricInterpretation: 0x0028_0004,
  planarConfiguration: 0x0028_0006,
  numberOfFrames: 0x0028_0008,
  rows: 0x0028_0010,
  columns: 0x0028_0011,
  pixelSpacing: 0x0028_0030,
  pixelAspectRatio: 0x0028_0034,
  bitsAllocated: 0x0028_0100,
  bitsStored: 0x0028_0101,
  highBit: 0x0028_0102,
  pixelRepresentation: 0x0028_0103,
  pixelPaddingValue: 0x0028_0120,
  pixelPaddingLimit: 0x0028_0121,
  windowCenter: 0x0028_1050,
  windowWidth: 0x0028_1051,
  rescaleIntercept: 0x0028_1052,
  rescaleSlope: 0x0028_1053,
  voiLutFunction: 0x0028_1056,
  /** Red; green and blue follow at + 1 and + 2, also of the next two. */
  paletteDescriptor: 0x0028_1101,
  paletteData: 0x0028_1201,
  paletteSegments: 0x0028_1221,
  modalityLutSequence: 0x0028_3000,
  lutDescriptor: 0x0028_3002,
  lutData: 0x0028_3006,
  voiLutSequence: 0x0028_3010,
  pixelMeasuresSequence: 0x0028_9110,
  frameVoiLutSequence: 0x0028_9132,
  pixelValueTransformationSequence: 0x0028_9145,
  segmentationType: 0x0062_0001,
  segmentSequence: 0x0062_0002,
  segmentNumber: 0x0062_0004,
  recommendedDisplayCielab: 0x0062_000d,
  sharedFunctionalGroups: 0x5200_9229,
  perFrameFunctionalGroups: 0x5200_9230,
  /** Of the first overlay; the others have the groups 6002 to 601E. */
  overlayRows: 0x6000_0010,
  overlayColumns: 0x6000_0011,
  overlayFrames: 0x6000_0015,
  overlayOrigin: 0x6000_0050,
  overlayFrameOrigin: 0x6000_0051,
  overlayBitPosition: 0x6000_0102,
  overlayData: 0x6000_3000,
  extendedOffsetTable: 0x7fe0_0001,
  floatPixelData: 0x7fe0_0008,
  doublePixelData: 0x7fe0_0009,
  pixelData: 0x7fe0_0010,
  item: 0xfffe_e000,
  itemEnd: 0xfffe_e00d,
  sequenceEnd: 0xfffe_e0dd,
} as const;

/** The representation PS3.6 gives a tag, as far as numbers are read from it. */
export function implicitVr(tag: number): string {
  const ofOverlay = (tag & 0xffe1_ffff) >>> 0;
  if (ofOverlay === TAG.overlayFrames) return 'IS';
  if (ofOverlay === TAG.overlayOrigin) return 'SS';
  if (tag === TAG.numberOfFrames || tag === TAG.pixelSpacing || tag === TAG.pixelAspectRatio) return 'DS';
  const isWord =
    (tag >= 0x0028_0002 && tag <= 0x0028_0121) ||
    (tag >= 0x0028_1101 && tag <= 0x0028_1103) ||
    (tag >= 0x6000_0010 && tag <= 0x601e_0102) ||
    tag === TAG.lutDescriptor ||
    tag === TAG.segmentNumber ||
    tag === TAG.recommendedDisplayCielab;
  return isWord ? 'US' : 'DS';
}

export function isPixels(tag: number): boolean {
  return tag === TAG.pixelData || tag === TAG.floatPixelData || tag === TAG.doublePixelData;
}
