import { elements } from '@iwharris/dicom-data-dictionary';

/** The name of an element in PS3.6; empty for private ones and those that came later. */
export function nameOf(tag: string): string {
  const [group, element] = [tag.slice(0, 4), tag.slice(4)];
  const found =
    elements[`(${group},${element})`] ??
    // Overlays and curves have a group each, of which the dictionary names one.
    elements[`(${group.slice(0, 2)}xx,${element})`];
  return decoded(found?.name ?? '');
}

/** The dictionary was made from HTML. */
const decoded = (name: string) =>
  name.replaceAll('&#x27;', "'").replaceAll('&amp;', '&').replaceAll('\u200b', '');
