/** All keys there are now: the frame's and the screen's, from the one list of commands. */

import { isMac, useAllCommands } from '../commands.ts'
import { printKeys } from '../keys.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Kbd } from '../ui/text.tsx'
import styles from './keys-dialog.module.css'

/** Keys that belong to lists and dialogs rather than to a command. */
const inLists = [
  { keys: 'j k', title: 'Next row, previous row (or the arrows)' },
  { keys: 'shift+arrowdown', title: 'Select a range' },
  { keys: 'enter', title: 'Open the row' },
  { keys: 'mod+c', title: 'Copy the selected rows' },
]

export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  const commands = useAllCommands().filter(command => command.keys)
  const groups = ['Go to', 'Do', 'View'].map(title => ({
    title,
    rows: commands.filter(command => command.group === title).map(command => ({ keys: command.keys?.[0] ?? '', title: command.title })),
  }))
  return (
    <Dialog title="Keys" onClose={onClose} isWide>
      <div className={styles.groups}>
        {[...groups, { title: 'In lists', rows: inLists }]
          .filter(group => group.rows.length > 0)
          .map(group => (
            <section key={group.title} aria-label={group.title}>
              <h3 className={styles.title}>{group.title}</h3>
              <dl className={styles.rows}>
                {group.rows.map(row => (
                  <div key={row.title}>
                    <dt>{row.title}</dt>
                    <dd>
                      <Kbd>{printKeys(row.keys, isMac)}</Kbd>
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
      </div>
    </Dialog>
  )
}
