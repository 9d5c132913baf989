import { Button } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../shell/Dialog';
import { NewPatientForm } from '../patients/NewPatientForm';
import { PatientSelect } from '../patients/PatientSelect';
import classes from './PatientChoice.module.css';

interface Props {
  patientId: string | null;
  onChange: (id: string | null) => void;
}

/** Chooses or creates the patient that files added from now on belong to. */
export function PatientChoice({ patientId, onChange }: Props) {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  return (
    <div className={classes['choice']}>
      <PatientSelect
        className={classes['select']}
        label={t('upload.patient')}
        description={t('upload.patientHint')}
        patientId={patientId}
        onChange={onChange}
      />
      <Button variant="default" leftSection={<IconUserPlus size={18} />} onClick={() => setCreating(true)}>
        {t('upload.patientNew')}
      </Button>
      <Dialog opened={creating} onClose={() => setCreating(false)} title={t('upload.patientNew')}>
        <NewPatientForm
          onSaved={(patient) => {
            setCreating(false);
            onChange(String(patient.patient_id));
          }}
        />
      </Dialog>
    </div>
  );
}
