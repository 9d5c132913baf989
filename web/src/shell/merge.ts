/** A form's content: text, and an empty text for no value. */
export type Texts<F extends string> = Record<F, string>;

/** A field that two people changed, to different values. */
export interface Difference<F extends string> {
  field: F;
  mine: string;
  theirs: string;
}

const fieldsOf = <F extends string>(texts: Texts<F>) => Object.keys(texts) as F[];

/** What the user changed: only that is sent, so two people can change different fields. */
export function changedFields<F extends string>(mine: Texts<F>, before: Texts<F>): F[] {
  return fieldsOf(mine).filter((field) => mine[field] !== before[field]);
}

/** Fields that both sides changed, to different values: only those need a choice. */
export function differences<F extends string>(
  mine: Texts<F>,
  theirs: Texts<F>,
  before: Texts<F>,
): Difference<F>[] {
  return changedFields(mine, before)
    .filter((field) => mine[field] !== theirs[field] && theirs[field] !== before[field])
    .map((field) => ({ field, mine: mine[field], theirs: theirs[field] }));
}

/** The user's text on top of what is there now: untouched fields follow it, chosen ones give way to it. */
export function merged<F extends string>(
  mine: Texts<F>,
  theirs: Texts<F>,
  before: Texts<F>,
  giveWay: F[],
): Texts<F> {
  const kept = changedFields(mine, before).filter((field) => !giveWay.includes(field));
  return { ...theirs, ...Object.fromEntries(kept.map((field) => [field, mine[field]])) };
}
