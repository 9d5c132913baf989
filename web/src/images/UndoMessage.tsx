import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function UndoMessage({ text, onUndo }: { text: string; onUndo: () => void }) {
  const { t } = useTranslation();
  return (
    <span className="undo">
      <span>{text}</span>
      <Button size="compact-sm" variant="light" onClick={onUndo}>
        {t('images.undo')}
      </Button>
    </span>
  );
}
