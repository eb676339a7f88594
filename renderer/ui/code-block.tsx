/** Code that runs as it stands, with its file name or language and a copy button. */

import { Fragment } from 'react'
import { CopyButton } from './copy-button.tsx'
import styles from './code-block.module.css'

export type CodePart = { readonly is: 'plain' | 'comment' | 'string' | 'keyword' | 'number'; readonly text: string }

type CodeBlockProps = {
  /** What is copied, exactly. */
  readonly code: string
  /** The bar's title: a file name or `shell`; without it the block has no bar. */
  readonly title?: string
  /** The same code in coloured parts; joined they equal `code`. */
  readonly parts?: readonly CodePart[]
}

export function CodeBlock({ code, title, parts }: CodeBlockProps) {
  return (
    <div className={styles.block}>
      {title ? <div className={styles.bar}>{title}</div> : null}
      <pre className={styles.code} tabIndex={0} aria-label={title ?? 'Code'} role="region">
        <code>
          {parts
            ? parts.map((part, index) =>
                part.is === 'plain' ? (
                  <Fragment key={index}>{part.text}</Fragment>
                ) : (
                  <span key={index} className={styles[part.is]}>
                    {part.text}
                  </span>
                ),
              )
            : code}
        </code>
      </pre>
      <span className={title ? styles.copyInBar : styles.copy}>
        <CopyButton text={code} label={`Copy ${title ?? 'code'}`} />
      </span>
    </div>
  )
}
