import { Button } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChosenBar } from '../images/ChosenBar';

interface Props {
  count: number;
  onRestore: () => Promise<void>;
  onClear: () => void;
}

/** What can be done with the chosen files of the trash. */
export function RestoreBar({ count, onRestore, onClear }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const restore = async () => {
    setBusy(true);
    await onRestore();
    setBusy(false);
  };
  return (
    <ChosenBar count={count} onClear={onClear}>
      <Button
        size="sm"
        leftSection={<IconArrowBackUp size={17} />}
        loading={busy}
        onClick={() => void restore()}
      >
        {t('trash.restoreChosen', { count })}
      </Button>
    </ChosenBar>
  );
}
