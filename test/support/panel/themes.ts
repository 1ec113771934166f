// The CSS variables that VS Code sets in a webview in its four default themes; only those that the panel uses.

export type Theme = 'dark' | 'light' | 'hc' | 'hclight'
export const THEMES: readonly Theme[] = ['dark', 'light', 'hc', 'hclight']

export const THEME_CLASSES: Readonly<Record<Theme, string>> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  hc: 'vscode-high-contrast',
  hclight: 'vscode-high-contrast-light vscode-high-contrast',
}

export function themeStyle(theme: Theme): string {
  const variables = Object.entries({ ...FONTS, ...COLOURS[theme] })
  return `:root { ${variables.map(([name, value]) => `--vscode-${name}: ${value};`).join(' ')} }`
}

const FONTS = {
  'font-family': 'system-ui, sans-serif',
  'font-size': '13px',
  'editor-font-family': "ui-monospace, 'DejaVu Sans Mono', monospace",
  'editor-font-size': '12px',
}

const COLOURS: Readonly<Record<Theme, Readonly<Record<string, string>>>> = {
  dark: {
    'editor-background': '#1f1f1f',
    foreground: '#cccccc',
    descriptionForeground: '#9d9d9d',
    errorForeground: '#f85149',
    focusBorder: '#0078d4',
    'panel-border': '#2b2b2b',
    'editorWidget-background': '#202020',
    'editorWidget-foreground': '#cccccc',
    'editorWidget-border': '#454545',
    'editorWarning-foreground': '#cca700',
    'input-background': '#313131',
    'input-foreground': '#cccccc',
    'input-border': '#3c3c3c',
    'dropdown-background': '#313131',
    'dropdown-foreground': '#cccccc',
    'button-background': '#0078d4',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#026ec1',
    'button-secondaryBackground': '#313131',
    'button-secondaryForeground': '#cccccc',
    'button-secondaryHoverBackground': '#3c3c3c',
    'progressBar-background': '#0078d4',
    'charts-blue': '#3794ff',
    'textLink-foreground': '#4daafc',
    'list-activeSelectionBackground': '#04395e',
    'list-activeSelectionForeground': '#ffffff',
    'list-inactiveSelectionBackground': '#37373d',
    'logitscope-step1Background': '#1f1f1f',
    'logitscope-step2Background': '#3c351d',
    'logitscope-step3Background': '#58451a',
    'logitscope-step4Background': '#894f14',
    'logitscope-step5Background': '#c44e1c',
    'logitscope-stepForeground': '#ffffff',
    'logitscope-stepUnderline': '#f0c674',
  },
  light: {
    'editor-background': '#ffffff',
    foreground: '#3b3b3b',
    descriptionForeground: '#616161',
    errorForeground: '#f85149',
    focusBorder: '#005fb8',
    'panel-border': '#e5e5e5',
    'editorWidget-background': '#f8f8f8',
    'editorWidget-foreground': '#3b3b3b',
    'editorWidget-border': '#c8c8c8',
    'editorWarning-foreground': '#bf8803',
    'input-background': '#ffffff',
    'input-foreground': '#3b3b3b',
    'input-border': '#cecece',
    'dropdown-background': '#ffffff',
    'dropdown-foreground': '#3b3b3b',
    'button-background': '#005fb8',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#0258a8',
    'button-secondaryBackground': '#e5e5e5',
    'button-secondaryForeground': '#3b3b3b',
    'button-secondaryHoverBackground': '#cccccc',
    'progressBar-background': '#005fb8',
    'charts-blue': '#1a85ff',
    'textLink-foreground': '#005fb8',
    'list-activeSelectionBackground': '#e8e8e8',
    'list-activeSelectionForeground': '#000000',
    'list-inactiveSelectionBackground': '#e4e6f1',
    'logitscope-step1Background': '#ffffff',
    'logitscope-step2Background': '#fcefbf',
    'logitscope-step3Background': '#f7d36e',
    'logitscope-step4Background': '#f6a64c',
    'logitscope-step5Background': '#ea7746',
    'logitscope-stepForeground': '#1f1f1f',
    'logitscope-stepUnderline': '#7a2e00',
  },
  hc: {
    ...highContrast('#000000', '#ffffff', '#6fc3df', '#f38518'),
    'charts-blue': '#3794ff',
    'textLink-foreground': '#21a6ff',
  },
  hclight: {
    ...highContrast('#ffffff', '#292929', '#0f4a85', '#006bbd'),
    'charts-blue': '#1a85ff',
    'textLink-foreground': '#0f4a85',
  },
}

function highContrast(
  background: string,
  foreground: string,
  border: string,
  focus: string,
): Record<string, string> {
  const steps = [1, 2, 3, 4, 5].map((step): [string, string] => [
    `logitscope-step${step}Background`,
    background,
  ])
  return {
    'editor-background': background,
    foreground,
    descriptionForeground: foreground,
    errorForeground: foreground,
    focusBorder: focus,
    contrastBorder: border,
    contrastActiveBorder: focus,
    'panel-border': border,
    'editorWidget-background': background,
    'editorWidget-foreground': foreground,
    'editorWidget-border': border,
    'input-background': background,
    'input-foreground': foreground,
    'dropdown-background': background,
    'dropdown-foreground': foreground,
    'button-background': background,
    'button-foreground': foreground,
    'button-secondaryForeground': foreground,
    'progressBar-background': border,
    ...Object.fromEntries(steps),
    'logitscope-stepForeground': foreground,
    'logitscope-stepUnderline': foreground,
  }
}
