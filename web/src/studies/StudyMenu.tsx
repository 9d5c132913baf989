import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconArchive,
  IconArchiveOff,
  IconDots,
  IconExternalLink,
  IconTrash,
  IconUserCheck,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { StudyWithSeries } from '../api/types';
import { useServices } from '../app/context';
import { cameFromHere } from '../shell/goBack';
import { Dialog } from '../shell/Dialog';
import { patientOf, studyName } from './names';
import { useAssigning } from './useAssigning';
import { useStudyJobs, type NamedStudy } from './useStudyJobs';

/** What is done with a whole study now and then. */
export function StudyMenu({ study, of }: { study: StudyWithSeries; of: number | null }) {
  const { t } = useTranslation();
  const begin = useStudyJobs();
  const [removing, setRemoving] = useState(false);
  const assigning = useAssigning(study, of);
  const openInOhif = useOhif(study, of);
  const named: NamedStudy = { id: study.id, name: patientOf(study, t), of };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t('studies.more')} title={t('studies.more')}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {openInOhif && (
            <Menu.Item leftSection={<IconExternalLink size={16} />} onClick={() => void openInOhif()}>
              {t('studies.ohif')}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconUserCheck size={16} />} onClick={assigning.ask}>
            {t('studies.assign')}
          </Menu.Item>
          <Menu.Item leftSection={<IconArchive size={16} />} onClick={() => void begin('archive', named)}>
            {t('studies.archive')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArchiveOff size={16} />}
            onClick={() => void begin('unarchive', named)}
          >
            {t('studies.unarchive')}
          </Menu.Item>
          <Menu.Item leftSection={<IconTrash size={16} />} onClick={() => setRemoving(true)}>
            {t('studies.remove')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {assigning.dialog}
      <Dialog opened={removing} onClose={() => setRemoving(false)} title={t('studies.removeTitle')}>
        <Removing study={study} named={named} />
      </Dialog>
    </>
  );
}

/**
 * Opens a study in OHIF, which asks for the studies of its token only. The token stands behind the `#`, which a browser sends to no server.
 */
function useOhif(study: StudyWithSeries, of: number | null) {
  const { ohif, session } = useServices();
  const uid = study.study_instance_uid;
  if (!ohif || !uid || of !== null) return undefined;
  return async () => {
    const token = encodeURIComponent(await session.token());
    window.open(`${ohif}/viewer?StudyInstanceUIDs=${uid}#token=${token}`, '_blank', 'noopener,noreferrer');
  };
}

/** A study is many files: who deletes it reads once more which one it is. */
function Removing({ study, named }: { study: StudyWithSeries; named: NamedStudy }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const begin = useStudyJobs();
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    if (!(await begin('remove', named))) return setBusy(false);
    if (cameFromHere()) void navigate(-1);
    else void navigate(named.of === null ? '/studies' : `/studies?uploaded_by=${named.of}`);
  };
  return (
    <>
      <p className="alert-text">
        <strong>{[named.name, study.patient?.id?.trim()].filter(Boolean).join(' · ')}</strong>
        <br />
        {studyName(study, t)}
      </p>
      <p className="alert-text">{t('studies.removeHint', { count: study.file_count })}</p>
      <Button mt="sm" color="red.9" loading={busy} onClick={() => void remove()}>
        {t('studies.removeConfirm')}
      </Button>
    </>
  );
}
