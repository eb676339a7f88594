/** What can I change? The window's own settings, each with its effect, applied at once; and the facts of the local broker. */

import type { ReactNode } from 'react'
import { formatByteRate, formatBytes } from '../../format/figures.ts'
import { formatDuration, formatIso } from '../../format/time.ts'
import { changeSettings, useSettings, type Density, type Theme } from '../../settings.ts'
import { statusStream } from '../../studio/streams.ts'
import { useStream } from '../../studio/use-stream.ts'
import { Segments } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/input.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { Meter } from '../../ui/meter.tsx'
import { Page, PageHead, Section } from '../../ui/page.tsx'
import type { LocalStatus, Upkeep } from '../../../core/studio/contract/local.ts'
import { Containers } from './containers.tsx'
import { BrokerCount } from './broker-count.tsx'
import { Durability } from './durability.tsx'
import styles from './settings-page.module.css'

const themes: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: 'dark', label: 'Dark' },
  { value: 'light', label: 'Light' },
  { value: 'system', label: 'As the system' },
]
const densities: readonly { readonly value: Density; readonly label: string }[] = [
  { value: 'compact', label: 'Compact' },
  { value: 'comfortable', label: 'Comfortable' },
]

export function SettingsPage() {
  const settings = useSettings()
  const live = useStream(statusStream, {})
  return (
    <Page head={<PageHead title="Settings" facts="Changes apply at once, unless a section says when" />}>
      <div className={styles.scroll}>
        <Section title="Appearance">
          <Line name="Theme" effect="Colours of the window.">
            <Segments label="Theme" value={settings.theme} options={themes} onChange={theme => changeSettings({ theme })} />
          </Line>
          <Line name="Density" effect="Height of rows: 24 or 28 pixels.">
            <Segments label="Density" value={settings.density} options={densities} onChange={density => changeSettings({ density })} />
          </Line>
        </Section>
        <Section title="Keys" hasRule>
          <Line
            name="Single keys"
            effect="Commands by one letter or two, as g t. Off: only those with a modifier, as Ctrl K. ? lists them all."
          >
            <Checkbox isOn={settings.hasSingleKeys} onChange={hasSingleKeys => changeSettings({ hasSingleKeys })}>
              On
            </Checkbox>
          </Line>
        </Section>
        {live.is === 'here' ? <Durability status={live.value} /> : null}
        {live.is === 'here' ? <Containers status={live.value} /> : null}
        {live.is === 'here' ? <BrokerCount status={live.value} /> : null}
        {live.is === 'here' ? <Broker status={live.value} /> : null}
      </div>
    </Page>
  )
}

function Line({ name, effect, children }: { readonly name: string; readonly effect: string; readonly children: ReactNode }) {
  return (
    <div className={styles.line}>
      <div>
        <p className={styles.name}>{name}</p>
        <p className={styles.effect}>{effect}</p>
      </div>
      {children}
    </div>
  )
}

function Broker({ status }: { readonly status: LocalStatus }) {
  return (
    <Section title="Local broker" note="as it was started" hasRule>
      <div className={styles.facts}>
        <KeyValue
          rows={[
            { name: 'Addresses', value: status.addresses.join(', '), copy: status.addresses.join(','), isMono: true },
            { name: 'Data folder', value: status.dataFolder, copy: status.dataFolder, isMono: true },
            { name: 'Disk', value: <DiskUse used={status.diskUsedBytes} free={status.diskFreeBytes} /> },
            { name: 'Cluster id', value: status.clusterId, copy: status.clusterId, isMono: true },
            { name: 'Version', value: status.version, copy: status.version },
            { name: 'Started', value: formatIso(status.startedAt) },
            { name: 'Retention', value: `looks for what may go every ${formatDuration(status.upkeep.retentionCheckIntervalMs)}` },
            { name: 'Compaction', value: compactionInWords(status.upkeep) },
          ]}
        />
      </div>
    </Section>
  )
}

function compactionInWords({ isCompacting, cleanerBackoffMs, cleanerBytesPerSecond }: Upkeep): string {
  if (!isCompacting) return 'off: the broker was started with log.cleaner.enable=false'
  const pace = cleanerBytesPerSecond === null ? 'as fast as the disk' : `at most ${formatByteRate(cleanerBytesPerSecond)}`
  return `looks for dirty logs every ${formatDuration(cleanerBackoffMs)}, ${pace}`
}

function DiskUse({ used, free }: { readonly used: number; readonly free: number }) {
  return (
    <span className={styles.disk}>
      {formatBytes(used)} used, {formatBytes(free)} free
      <Meter share={used / Math.max(1, used + free)} tone={free < 1e9 ? 'bad' : 'accent'} />
    </span>
  )
}
