import { Checkbox } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useRef, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Selection } from '../images/useSelection';
import { reachableOf, useListHandle, useVirtualRows, type ListHandle } from '../images/useVirtualRows';
import { filesOf, type TrashLine } from './entries';
import { FileRow, StudyRow, type Place } from './TrashRow';
import classes from './TrashPage.module.css';

interface Props {
  lines: readonly TrashLine[];
  selection: Selection;
  isAllChosen: boolean;
  /** Whether the whole list is loaded. Otherwise a study may have more files than its row knows. */
  isAll: boolean;
  now: number;
  open: ReadonlySet<number>;
  active: number;
  handle: RefObject<ListHandle | null>;
  onOpen: (studyId: number) => void;
  onRestore: (id: number) => void;
  onToggle: (index: number, range: boolean) => void;
  onFocusItem: (index: number) => void;
  loadMore: (() => void) | null;
  onDrawn: () => void;
}

/** As the stylesheet says. */
const ROW_HEIGHT = 77;
const CARD_HEIGHT = 133;

/** Only the rows in view exist: a trash may have ten thousand files. */
export function TrashList(props: Props) {
  const { lines, selection, isAllChosen, isAll, now, open, active, handle } = props;
  const { t } = useTranslation();
  const room = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: false });
  const span = useVirtualRows({
    list: room,
    count: lines.length,
    columns: 1,
    rowHeight: isNarrow ? CARD_HEIGHT : ROW_HEIGHT,
    overscan: 8,
    ahead: 8,
  });
  useListHandle({ handle, loadMore: props.loadMore, onDrawn: props.onDrawn }, span, 1);
  const reachable = reachableOf(active, span);
  const placeOf = (line: TrashLine, index: number): Place => ({
    index,
    total: lines.length,
    chosen: chosenOf(line, selection.chosen),
    reachable: index === reachable,
    now,
    onToggle: (range) => props.onToggle(index, range),
    onFocus: () => props.onFocusItem(index),
  });
  return (
    <div className={classes['frame']}>
      <div className={classes['all']}>
        <Checkbox
          label={t('images.selectAll')}
          checked={isAllChosen}
          indeterminate={selection.chosen.size > 0 && !isAllChosen}
          onChange={isAllChosen ? selection.clear : selection.all}
        />
      </div>
      <div ref={room} style={{ paddingTop: span.before, paddingBottom: span.after }}>
        <ul className={classes['list']} aria-label={t('trash.title')}>
          {lines.slice(span.first, span.end).map((line, offset) => {
            const place = placeOf(line, span.first + offset);
            return 'file' in line ? (
              <FileRow
                key={line.file.id}
                file={line.file}
                isInside={line.isInside}
                place={place}
                onRestore={() => props.onRestore(line.file.id)}
              />
            ) : (
              <StudyRow
                key={`study-${line.studyId}`}
                study={line}
                isAll={isAll}
                open={open.has(line.studyId)}
                place={place}
                onOpen={() => props.onOpen(line.studyId)}
              />
            );
          })}
        </ul>
      </div>
    </div>
  );
}

function chosenOf(line: TrashLine, chosen: ReadonlySet<number>): Place['chosen'] {
  const files = filesOf(line);
  const number = files.filter(({ id }) => chosen.has(id)).length;
  return number === 0 ? 'none' : number === files.length ? 'all' : 'some';
}
