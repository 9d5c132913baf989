import { Button } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { uploadPage } from '../app/address';

/** From a list to the upload: from a list of one patient, to an upload for that patient. */
export function UploadLink({ patientId }: { patientId: string }) {
  const { t } = useTranslation();
  return (
    <Button component={Link} to={uploadPage(patientId || null)} leftSection={<IconUpload size={18} />}>
      {t('nav.upload')}
    </Button>
  );
}
