import { useQuery } from '@tanstack/react-query';
import { createElement, type ComponentType, type ReactNode } from 'react';
import { NotLoaded, PageSkeleton } from './states';

/**
 * A component whose code comes when it is needed. If it does not come, because the server is away or has a newer page, the
 * place says so and can be asked again: React's own `lazy` would stay broken until a reload, which ends running uploads.
 */
export function lazily<P extends object>(
  name: string,
  load: () => Promise<ComponentType<P>>,
  waiting: ComponentType = PageSkeleton,
): (props: P) => ReactNode {
  return function Lazy(props: P) {
    const code = useQuery({
      queryKey: ['code', name],
      queryFn: load,
      staleTime: Infinity,
      gcTime: Infinity,
      retry: 1,
      refetchOnReconnect: 'always',
    });
    if (code.data) return createElement(code.data, props);
    if (code.isError) return createElement(NotLoaded, { onRetry: () => void code.refetch() });
    return createElement(waiting);
  };
}
