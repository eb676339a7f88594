/** A choice from a short list: the platform's own select in the look of a field. */

import type { SelectHTMLAttributes, ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Icon } from './icons.tsx'
import styles from './select.module.css'

type SelectProps<Value extends string> = Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value'> & {
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
  /** A word before the value, in the label colour; give `aria-label` too when there is no <label>. */
  readonly lead?: ReactNode
}

export function Select<Value extends string>({ value, options, onChange, lead, className, ...rest }: SelectProps<Value>) {
  return (
    <label className={classNames(styles.field, className)}>
      {lead ? <span className={styles.lead}>{lead}</span> : null}
      <select
        {...rest}
        value={value}
        onChange={event => {
          const chosen = options.find(option => option.value === event.target.value)
          if (chosen) onChange(chosen.value)
        }}
      >
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="down" size="small" />
    </label>
  )
}
