/** The series that another one is compared with. It may be one of another study. */
export interface Beside {
  studyId: number;
  seriesId: number;
}

const PARAMETER = 'beside';

/** What stands beside the series, as the address says; null for nothing. */
export function readBeside(params: URLSearchParams): Beside | null {
  const [, study, series] = /^(\d+)\.(\d+)$/.exec(params.get(PARAMETER) ?? '') ?? [];
  const [studyId, seriesId] = [Number(study), Number(series)];
  const isThere = Number.isSafeInteger(studyId) && Number.isSafeInteger(seriesId);
  return isThere ? { studyId, seriesId } : null;
}

/** The address with something else beside the series, or nothing. */
export function withBeside(params: URLSearchParams, beside: Beside | null): URLSearchParams {
  const next = new URLSearchParams(params);
  if (beside) next.set(PARAMETER, `${beside.studyId}.${beside.seriesId}`);
  else next.delete(PARAMETER);
  return next;
}
