/** Title bar: drags the window, back and forward, the omnibox that opens the palette, the cluster. */

import { isMac, keysOf } from '../commands.ts'
import { goBack, goForward, useHistory } from '../navigation.ts'
import { hrefOf } from '../places.ts'
import { IconButton } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { Icon } from '../ui/icons.tsx'
import { Kbd } from '../ui/text.tsx'
import styles from './title-bar.module.css'

/** The app draws the page under the system's own controls: at the left on a Mac, elsewhere where titlebar-area says. */
const hasMacControls = isMac && window.millrace !== undefined

export function TitleBar({ onPalette }: { readonly onPalette: () => void }) {
  const { canGoBack, canGoForward } = useHistory()
  return (
    <header className={styles.bar} data-region="title">
      <div className={classNames(styles.left, hasMacControls && styles.afterControls)}>
        <IconButton
          icon="back"
          label="Back"
          size="small"
          onClick={goBack}
          disabledReason={canGoBack ? null : 'Nothing to go back to'}
          {...keysProp('[')}
        />
        <IconButton
          icon="forward"
          label="Forward"
          size="small"
          onClick={goForward}
          disabledReason={canGoForward ? null : 'Nothing to go forward to'}
          {...keysProp(']')}
        />
      </div>
      <div className={styles.middle}>
        <button type="button" className={styles.omni} onClick={onPalette} aria-haspopup="dialog">
          <Icon name="search" size="small" />
          <span className={styles.hint}>Go to a topic, group or command</span>
          <Kbd>{keysOf({ keys: ['mod+k'] })}</Kbd>
        </button>
      </div>
      <div className={styles.right}>
        <a className={styles.cluster} href={hrefOf({ at: 'connect' })} data-tip="The embedded cluster: how to connect">
          <span className={styles.square} />
          Local
        </a>
      </div>
    </header>
  )
}

function keysProp(keys: string): { readonly keys?: string } {
  const printed = keysOf({ keys: [keys] })
  return printed === undefined ? {} : { keys: printed }
}
