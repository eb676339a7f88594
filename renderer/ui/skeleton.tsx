/** Rows at their real height while data is on its way; drawn only after 150 ms, so that what is quick does not flash. */

import { useEffect, useState } from 'react'
import styles from './skeleton.module.css'

const SHOWN_AFTER_MS = 150

export function Skeleton({ rows = 8, label = 'Loading' }: { readonly rows?: number; readonly label?: string }) {
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SHOWN_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!isShown) return null
  return (
    <div className={styles.skeleton} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={styles.row}>
          <i style={{ width: `${24 + ((index * 37) % 40)}%` }} />
        </div>
      ))}
    </div>
  )
}
