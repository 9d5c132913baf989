/**
 * Stands in for xmlbuilder2 (see vite.config.ts), which VTK's XML file formats need and which does not run in a
 * browser bundle without Node's `events`. This page reads DICOM, never VTK XML.
 */
export function create(): never {
  throw new Error('VTK XML files are not supported');
}
