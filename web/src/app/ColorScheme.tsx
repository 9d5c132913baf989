import { createTheme, MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';

const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 8 },
  defaultRadius: 'md',
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
  cursorType: 'pointer',
  components: {
    // Its scroll lock would inject <style>, which the Content-Security-Policy forbids (see shell/Dialog.tsx, too).
    Drawer: { defaultProps: { lockScroll: false } },
  },
});

/** Component library with light and dark, without any style element made at run time. */
export function ColorScheme({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      {children}
    </MantineProvider>
  );
}
