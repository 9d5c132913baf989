import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../api/problem';
import { useUnsaved } from './Dialog';
import { changedFields, differences, merged, type Texts } from './merge';

interface Options<R, F extends string> {
  /** What the form starts from. */
  record: R;
  textsOf: (record: R) => Texts<F>;
  /** Sends these fields, as a change of that version. */
  send: (changed: Texts<F>, fields: F[], from: R) => Promise<R>;
  onSaved: (saved: R) => void;
  /** There was nothing to save. */
  onUnchanged: () => void;
}

/** Editing with optimistic locking: nobody's change is overwritten without being seen. */
export function useMerging<R, F extends string>({
  record,
  textsOf,
  send,
  onSaved,
  onUnchanged,
}: Options<R, F>) {
  /** The record the draft started from; moves on when a conflict is resolved. */
  const [base, setBase] = useState(record);
  const [draft, setDraft] = useState(() => textsOf(record));
  const [current, setCurrent] = useState<R | null>(null);
  const save = useMutation({
    mutationFn: ({ wanted, from }: { wanted: Texts<F>; from: R }) =>
      send(wanted, changedFields(wanted, textsOf(from)), from),
    onSuccess: onSaved,
    onError: (error, { wanted, from }) => {
      const now = currentOf<R>(error);
      if (now && differences(wanted, textsOf(now), textsOf(from)).length === 0) follow(wanted, now, from);
      else if (now) setCurrent(now);
    },
  });
  /** Somebody changed other fields: nothing has to be decided. */
  const follow = (wanted: Texts<F>, now: R, from: R) => {
    const both = merged(wanted, textsOf(now), textsOf(from), []);
    setDraft(both);
    setBase(now);
    save.mutate({ wanted: both, from: now });
  };
  const resolve = (theirs: F[]) => {
    if (current === null) return;
    setDraft(merged(draft, textsOf(current), textsOf(base), theirs));
    setBase(current);
    setCurrent(null);
    save.reset();
  };
  const isChanged = changedFields(draft, textsOf(base)).length > 0;
  return {
    draft,
    change: (field: F, text: string) => setDraft((before) => ({ ...before, [field]: text })),
    /** Fields that wait for a decision; null while none does. */
    conflict: current === null ? null : differences(draft, textsOf(current), textsOf(base)),
    resolve,
    submit: () => (isChanged ? save.mutate({ wanted: draft, from: base }) : onUnchanged()),
    isSaving: save.isPending,
    /** Why it was not saved, unless it waits for a decision. */
    error: current === null ? save.error : null,
    close: useUnsaved(isChanged && !save.isSuccess),
  };
}

/** A version conflict carries the record as it is now, if the caller may read it. */
function currentOf<R>(error: unknown): R | null {
  if (!(error instanceof ApiError) || error.code !== 'version_conflict') return null;
  return (error.problem.extra as { current?: R }).current ?? null;
}
