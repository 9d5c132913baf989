import { notifications } from '@mantine/notifications';
import { createElement } from 'react';
import { UndoMessage } from './UndoMessage';

interface Offer {
  id: string;
  text: string;
  /** How long it stands, in milliseconds. Afterwards the trash still has what was deleted. */
  time: number;
  onUndo: () => void;
}

/** Says what was deleted, and offers to take it back. */
export function offerUndo({ id, text, time, onUndo }: Offer) {
  const undo = () => {
    notifications.hide(id);
    onUndo();
  };
  const message = createElement(UndoMessage, { text, onUndo: undo });
  notifications.show({ id, message, autoClose: time, color: 'dark' });
}
