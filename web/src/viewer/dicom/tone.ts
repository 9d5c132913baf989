import type { DataSet } from './elements';
import type { Layout } from './layout';
import { TAG } from './tags';

/** From stored values to units and gray levels (PS3.3 C.11.1 and C.11.2), decided as `shared/imaging` decides. */

/** The lowest and the highest number that can occur. */
export type Range = [number, number];

/** A lookup table: values below its first input get its first output, those above its last the last. */
export interface Table {
  first: number;
  outputs: number[];
  /** What shows as white: all bits that the largest output needs, whatever the descriptor says. */
  max: number;
}

/** A window (C.11.2.1.2 and C.11.2.1.3). */
export interface ToneWindow {
  center: number;
  width: number;
  shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
}

export type Modality = { slope: number; intercept: number } | Table;
export type Voi = ToneWindow | Table;

export const isTable = (one: Modality | Voi): one is Table => 'outputs' in one;

export function lookUp({ first, outputs }: Table, value: number): number {
  const index = Math.min(outputs.length - 1, Math.max(0, Math.trunc(value - first)));
  return outputs[Number.isNaN(index) ? 0 : index] ?? 0;
}

export function inUnits(modality: Modality, stored: number): number {
  return isTable(modality) ? lookUp(modality, stored) : stored * modality.slope + modality.intercept;
}

/** The numbers that stored values can be. */
export function storedRange({ bitsStored, signed }: Layout): Range {
  const values = 2 ** bitsStored;
  return signed ? [-values / 2, values / 2 - 1] : [0, values - 1];
}

/** The number of entries of a table, whose descriptor writes 65,536 as 0. */
export const entryCount = (entries: number) => (entries === 0 ? 65_536 : entries & 0xffff);

/**
 * The first input of a table of 16-bit words. It is signed where its inputs are; its representation says something else,
 * or nothing. So of the two numbers it can be, the one counts that puts more of the table where inputs can be.
 */
export function firstInput(first: number, entries: number, [low, high]: Range): number {
  const other = first < 0 ? first + 65_536 : first - 65_536;
  const used = (from: number) => Math.min(from + Math.max(0, entries - 1), high) - Math.max(from, low);
  const isWord = first >= -32_768 && first < 65_536 && !(first >= 0 && first < 32_768);
  return isWord && used(other) > Math.max(used(first), -1) ? other : first;
}

function tableOf(item: DataSet | undefined, inputs: Range): Table | null {
  const [entries, first] = item?.numbers(TAG.lutDescriptor) ?? [];
  if (!item || entries === undefined || first === undefined) return null;
  const count = entryCount(entries);
  const outputs = item.entries(TAG.lutData, count);
  if (outputs.length === 0) return null;
  const largest = outputs.reduce((most, output) => Math.max(most, output), 0);
  const bits = Math.max(1, 32 - Math.clz32(largest));
  return { first: firstInput(first, count, inputs), outputs, max: 2 ** bits - 1 };
}

function modalityOf(item: DataSet, stored: Range): Modality | null {
  const table = tableOf(item.sequence(TAG.modalityLutSequence)[0], stored);
  if (table) return table;
  // Some writers leave out the half that changes nothing.
  const slope = item.number(TAG.rescaleSlope) || null;
  const intercept = item.number(TAG.rescaleIntercept);
  return slope === null && intercept === null ? null : { slope: slope ?? 1, intercept: intercept ?? 0 };
}

function outputsOf(modality: Modality, [low, high]: Range): Range {
  if (isTable(modality)) return [0, modality.max];
  const [one, other] = [inUnits(modality, low), inUnits(modality, high)];
  return [Math.min(one, other), Math.max(one, other)];
}

/** A table counts before a window; of several windows the first that has a width. */
function voiOf(item: DataSet, units: Range): Voi | null {
  const table = tableOf(item.sequence(TAG.voiLutSequence)[0], units);
  if (table) return table;
  const widths = item.numbers(TAG.windowWidth);
  const pairs = item.numbers(TAG.windowCenter).map((center, at) => ({ center, width: widths[at] ?? NaN }));
  const window = pairs.find(({ width }) => width > 0);
  if (!window) return null;
  const term = item.text(TAG.voiLutFunction).toUpperCase();
  if (term === 'SIGMOID' || term === 'LINEAR_EXACT') return { ...window, shape: term };
  // LINEAR is defined for a width of at least 1.
  return { ...window, shape: window.width >= 1 ? 'LINEAR' : 'LINEAR_EXACT' };
}

/** Everything from one value to another. */
export function windowOver([low, high]: Range): ToneWindow {
  return { center: (low + high) / 2, width: Math.max(high - low, Number.EPSILON), shape: 'LINEAR_EXACT' };
}

/** The gray level, 0 to 1. */
export function levelOf({ center, width, shape }: ToneWindow, value: number): number {
  if (Number.isNaN(value)) return 0;
  if (shape === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  if (shape === 'LINEAR' && width <= 1) return value > center - 0.5 ? 1 : 0;
  const level = shape === 'LINEAR' ? (value - center + 0.5) / (width - 1) : (value - center) / width;
  return Math.min(1, Math.max(0, level + 0.5));
}

/** The functional groups that describe a frame: its own before those of all frames and the image itself. */
export function groupsOf(dataSet: DataSet, frame: number, sequence: number): DataSet[] {
  const groups = [
    dataSet.item(TAG.perFrameFunctionalGroups, frame),
    dataSet.item(TAG.sharedFunctionalGroups, 0),
  ].map((group) => group?.sequence(sequence)[0]);
  return [...groups, dataSet].filter((group) => group !== undefined);
}

/** The transformations a file asks for a frame. */
export function tonesOf(
  dataSet: DataSet,
  frame: number,
  layout: Layout,
): { modality: Modality; voi: Voi | null } {
  const stored = storedRange(layout);
  const modality = firstOf(groupsOf(dataSet, frame, TAG.pixelValueTransformationSequence), (group) =>
    modalityOf(group, stored),
  ) ?? { slope: 1, intercept: 0 };
  const units = outputsOf(modality, stored);
  const voi = firstOf(groupsOf(dataSet, frame, TAG.frameVoiLutSequence), (group) => voiOf(group, units));
  return { modality, voi };
}

function firstOf<T, R>(all: T[], find: (one: T) => R | null): R | null {
  for (const one of all) {
    const found = find(one);
    if (found !== null) return found;
  }
  return null;
}
