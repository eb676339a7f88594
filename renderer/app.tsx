/** One window: the frame around the screen of the current place. */

import { useEffect, type ReactNode } from 'react'
import { BrokersPage } from './features/brokers/brokers-page.tsx'
import { OverviewPage } from './features/overview/overview-page.tsx'
import { ConnectPage } from './features/overview/connect-page.tsx'
import { GroupsPage } from './features/groups/groups-page.tsx'
import { MessagesView } from './features/messages/messages-view.tsx'
import { ProducePage } from './features/produce/produce-page.tsx'
import { SettingsPage } from './features/settings/settings-page.tsx'
import { TransactionsPage } from './features/transactions/transactions-page.tsx'
import { TopicPage } from './features/topics/topic-page.tsx'
import { TopicsPage } from './features/topics/topics-page.tsx'
import { Frame } from './frame/frame.tsx'
import { usePlace } from './navigation.ts'
import { titleOf, type Place } from './places.ts'

export function App() {
  const place = usePlace()
  useEffect(() => {
    document.title = `${titleOf(place)} · Local · Millrace`
  }, [place])
  return <Frame>{screenOf(place)}</Frame>
}

/** Keys make a screen start anew when it is about another thing. */
function screenOf(place: Place): ReactNode {
  switch (place.at) {
    case 'overview':
      return <OverviewPage />
    case 'connect':
      return <ConnectPage />
    case 'topics':
      return <TopicsPage />
    case 'topic':
      return <TopicPage key={place.topic} place={place} messages={(here, frame) => <MessagesView place={here} frame={frame} />} />
    case 'groups':
      return <GroupsPage key="groups" />
    case 'group':
      return <GroupsPage key="groups" group={place.group} tab={place.tab} />
    case 'transactions':
      return <TransactionsPage key="transactions" />
    case 'transaction':
      return <TransactionsPage key="transactions" transactionalId={place.transactionalId} />
    case 'brokers':
      return <BrokersPage />
    case 'produce':
      return <ProducePage topic={place.topic} />
    case 'settings':
      return <SettingsPage />
    default:
      return place satisfies never
  }
}
