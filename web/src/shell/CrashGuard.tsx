import { Button } from '@mantine/core';
import i18next from 'i18next';
import { Component, type ReactNode } from 'react';
import { EmptyState } from './states';

interface State {
  broken: boolean;
}

/** A defect in one page must not take the navigation, or a running upload, with it. */
export class CrashGuard extends Component<{ children: ReactNode }, State> {
  override state: State = { broken: false };

  static getDerivedStateFromError(): State {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <EmptyState whole title={i18next.t('app.crashTitle')} hint={i18next.t('app.crashHint')}>
        <Button onClick={() => window.location.reload()}>{i18next.t('app.reload')}</Button>
      </EmptyState>
    );
  }
}
