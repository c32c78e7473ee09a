package chaos_test

import "fmt"

// others plays portal users, administrators, and the people who run the banks.
func (l *life) others() {
	var err error
	for _, found := range l.sb.Directory().Applications() {
		id := fmt.Sprint(found["SoftwareStatementId"])
		if found["Status"] == "Inactive" {
			continue
		}
		act := l.dice.IntN(9)
		l.tell("others: act %d on %s", act, id)
		switch act {
		case 0:
			err = l.sb.Directory().Edit(id, func(m map[string]any) { m["ClientName"], m["Description"] = "Theirs", nil })
		case 1:
			err = l.sb.Directory().Lock(id)
		case 2:
			err = l.sb.Directory().Unlock(id)
		case 3:
			err = l.sb.Directory().SetRole(id, domain, "DADOS", "Inactive")
		case 4:
			for _, c := range l.sb.Directory().Certificates(id) {
				err = l.sb.Directory().Revoke(c.Kid, "")
			}
		case 5:
			err = l.sb.Directory().RotateSigningKey()
		case 6:
			err = l.sb.Directory().Delete(id)
		case 7, 8:
			l.atBank()
		}
		if err != nil {
			l.t.Error(err)
		}
	}
}

// atBank is what the people of a bank do to a client.
func (l *life) atBank() {
	i := l.dice.IntN(len(l.banks))
	bank := l.sb.Server(l.banks[i].Name)
	clients := bank.Clients()
	if len(clients) == 0 {
		return
	}
	id := fmt.Sprint(clients[0]["client_id"])
	var err error
	delete(l.lost, client(i))
	switch act := l.dice.IntN(3); act {
	case 0:
		l.tell("%s deletes %s", l.banks[i].Name, id)
		err = bank.Delete(id)
		l.miss(l.banks[i].Name, id, "the bank deleted it")
	case 1:
		l.tell("%s rotates the token of %s", l.banks[i].Name, id)
		err = bank.RotateToken(id)
		l.miss(l.banks[i].Name, id, "the bank rotated its token")
	default:
		if l.banks[i].NoManagement {
			return
		}
		l.tell("%s edits %s", l.banks[i].Name, id)
		err = bank.Edit(id, func(m map[string]any) { m["client_name"] = "Theirs" })
	}
	if err != nil {
		l.t.Error(err)
	}
}
