import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { Dialog } from '../shell/Dialog';

/** Stops every upload, after a question: hours of sending may be lost by it. */
export function CancelAll({ count }: { count: number }) {
  const { t } = useTranslation();
  const { uploads } = useServices();
  const [asking, setAsking] = useState(false);
  const cancel = () => {
    setAsking(false);
    uploads.cancelAll();
  };
  return (
    <>
      <Button size="sm" variant="subtle" color="red" onClick={() => setAsking(true)}>
        {t('upload.cancelAll')}
      </Button>
      <Dialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t('upload.cancelQuestion.title', { count })}
      >
        <p className="alert-text">{t('upload.cancelQuestion.hint')}</p>
        <div className="form-buttons">
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
            {t('upload.cancelQuestion.no')}
          </Button>
          <Button color="red.9" onClick={cancel}>
            {t('upload.cancelQuestion.yes')}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
