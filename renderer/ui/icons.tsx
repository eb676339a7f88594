/** The icon set: 16 px line drawings. Decorative by default; the control that holds one carries the name. */

import styles from './icons.module.css'
import { classNames } from './class-names.ts'

const paths = {
  overview: 'M2 12.5h12M3.5 10V7M6.5 10V4M9.5 10V6M12.5 10V3',
  topics: 'M2 4h12M2 8h12M2 12h12M12 2.5v3M7 6.5v3M10 10.5v3',
  groups:
    'M3 5a2 2 0 1 0 4 0a2 2 0 1 0-4 0M9.5 5a2 2 0 1 0 4 0a2 2 0 1 0-4 0' +
    'M6 11.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0M6 6.8 7.2 9.8M10.6 6.8 8.9 9.7M7 5h2.5',
  transactions: 'M5.5 3h-2v10h2M10.5 3h2v10h-2M6 8l1.5 1.5L10.3 6.6',
  brokers: 'M3 3.5h10a.5.5 0 0 1 .5.5v2.5a.5.5 0 0 1-.5.5H3a.5.5 0 0 1-.5-.5V4a.5.5 0 0 1 .5-.5M3 9h10a.5.5 0 0 1 .5.5V12a.5.5 0 0 1-.5.5H3a.5.5 0 0 1-.5-.5V9.5a.5.5 0 0 1 .5-.5M4.8 5.2h.1M4.8 10.8h.1M7 5.2h4M7 10.8h4',
  produce: 'M2.5 8 13.5 3l-4 10-2-4z',
  connect: 'M5.5 2.5v3M10.5 2.5v3M3.5 5.5h9v2.5a4.5 4.5 0 0 1-9 0zM8 12.5v2',
  settings:
    'M2 4.5h6M11.5 4.5H14M2 11.5h2.5M8 11.5h6M8 4.5a1.7 1.7 0 1 0 3.4 0a1.7 1.7 0 1 0-3.4 0' +
    'M4.5 11.5a1.7 1.7 0 1 0 3.4 0a1.7 1.7 0 1 0-3.4 0',
  search: 'M2.5 7a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0M10.5 10.5l3 3',
  back: 'M10 3 5 8l5 5',
  forward: 'm6 3 5 5-5 5',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  right: 'm6 4 4 4-4 4',
  inspector: 'M3.5 3h9a1.5 1.5 0 0 1 1.5 1.5v7a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 11.5v-7A1.5 1.5 0 0 1 3.5 3M10 3v10',
  copy:
    'M7 5.5h5A1.5 1.5 0 0 1 13.5 7v5a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 12V7A1.5 1.5 0 0 1 7 5.5' +
    'M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  close: 'm4 4 8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5M7 7v3.5M9 7v3.5',
  warning: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1',
  info: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0M8 7.5v3.5M8 5v.1',
  error: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0M8 4.8v4M8 11v.1',
  filter: 'M2 3.5h12l-4.5 5.5v4l-3-1.5V9z',
  columns: 'M3 3h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1M6 3v10M10 3v10',
  play: 'M5 3.2v9.6l7.5-4.8z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  stop: 'M4.5 4.5h7v7h-7z',
  export: 'M8 2.5v7M5 5.5l3-3 3 3M3 10v3h10v-3',
  more: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  undo: 'M4 6h6a3.5 3.5 0 0 1 0 7H6M6.5 3 3.5 6l3 3',
  key: 'M2.5 11a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0M7 9l6-6M11 5l2 2',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3',
  theme: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  keyboard: 'M2.5 4h11a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1M4 7h.1M6.7 7h.1M9.3 7h.1M12 7h.1M5 9.5h6',
  start: 'M3.5 3v10M12.5 3.5 6.5 8l6 4.5z',
  end: 'M12.5 3v10M3.5 3.5l6 4.5-6 4.5z',
  spinner: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
} as const

export type IconName = keyof typeof paths

/** `size` small is 12 px, for controls of 22 px and inline use. */
export function Icon({ name, size = 'normal' }: { readonly name: IconName; readonly size?: 'normal' | 'small' }) {
  return (
    <svg
      className={classNames(
        styles.icon,
        size === 'small' && styles.small,
        name === 'spinner' && styles.spin,
        name === 'more' && styles.heavy,
      )}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  )
}
