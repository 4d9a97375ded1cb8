// The yardstick from another world: the same task manager as people write it in Go with gin. Tasks live in a map behind a
// lock, a goroutine runs each one. Same paths, same nine members. Without a database nothing is durable. With one, a row
// is inserted before the answer, and the goroutine writes that the task runs and how it ended.
//
//	gin_reference ADDRESS:PORT [DSN]     prints "ready"; DSN as github.com/go-sql-driver/mysql takes it
package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	_ "github.com/go-sql-driver/mysql"
	"github.com/google/uuid"
)

type task struct {
	ID        string      `json:"id"`
	Type      string      `json:"type"`
	Status    string      `json:"status"`
	Progress  int         `json:"progress"`
	Message   string      `json:"message"`
	Result    interface{} `json:"result"`
	Error     string      `json:"error"`
	CreatedAt time.Time   `json:"created_at"`
	DoneAt    *time.Time  `json:"done_at"`
}

// The statements of a task's three states. A nil journal keeps nothing.
type journal struct {
	db                  *sql.DB
	insert, claim, done *sql.Stmt
}

const table = `CREATE TABLE IF NOT EXISTS gin_task (id CHAR(36) CHARACTER SET ascii PRIMARY KEY, type VARCHAR(64) NOT NULL,
params TEXT NOT NULL, status VARCHAR(16) NOT NULL, result TEXT NULL, error TEXT NULL, created_at DATETIME(3) NOT NULL,
started_at DATETIME(3) NULL, done_at DATETIME(3) NULL) ENGINE=InnoDB`

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func open(dsn string, connections int) *journal {
	db, err := sql.Open("mysql", dsn)
	must(err)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	_, err = db.Exec(table)
	must(err)
	j := &journal{db: db}
	j.insert, err = db.Prepare("INSERT INTO gin_task (id, type, params, status, created_at) VALUES (?, ?, ?, 'queued', ?)")
	must(err)
	j.claim, err = db.Prepare("UPDATE gin_task SET status = 'running', started_at = ? WHERE id = ? AND status = 'queued'")
	must(err)
	j.done, err = db.Prepare("UPDATE gin_task SET status = ?, result = ?, error = ?, done_at = ? WHERE id = ? AND status = 'running'")
	must(err)
	return j
}

func (j *journal) queued(t *task, params interface{}) error {
	if j == nil {
		return nil
	}
	text, _ := json.Marshal(params)
	_, err := j.insert.Exec(t.ID, t.Type, text, t.CreatedAt)
	return err
}

func (j *journal) running(t *task) {
	if j != nil {
		_, err := j.claim.Exec(time.Now().UTC(), t.ID)
		must(err)
	}
}

func (j *journal) ended(t *task, result interface{}, failed error, at time.Time) {
	if j == nil {
		return
	}
	status, text := "succeeded", ""
	if failed != nil {
		status, text = "failed", failed.Error()
	}
	body, _ := json.Marshal(result)
	_, err := j.done.Exec(status, body, text, at, t.ID)
	must(err)
}

type manager struct {
	sync.RWMutex
	tasks   map[string]*task
	journal *journal
}

func (m *manager) submit(kind string, params interface{}, run func(progress func(int, string)) (interface{}, error)) (string, error) {
	t := &task{ID: uuid.NewString(), Type: kind, Status: "running", CreatedAt: time.Now().UTC()}
	if err := m.journal.queued(t, params); err != nil {
		return "", err
	}
	m.Lock()
	m.tasks[t.ID] = t
	m.Unlock()
	go func() {
		m.journal.running(t)
		result, err := run(func(percent int, message string) {
			m.Lock()
			t.Progress, t.Message = percent, message
			m.Unlock()
		})
		done := time.Now().UTC()
		m.journal.ended(t, result, err, done)
		m.Lock()
		defer m.Unlock()
		t.DoneAt = &done
		if err != nil {
			t.Status, t.Error = "error", err.Error()
			return
		}
		t.Status, t.Progress, t.Message, t.Result = "completed", 100, "done", result
	}()
	return t.ID, nil
}

func (m *manager) get(c *gin.Context) {
	m.RLock()
	t, found := m.tasks[c.Param("id")]
	var copied task
	if found {
		copied = *t
	}
	m.RUnlock()
	if !found {
		c.JSON(http.StatusNotFound, gin.H{"error": "task not found"})
		return
	}
	c.JSON(http.StatusOK, copied)
}

type start struct {
	Type   string                 `json:"type" binding:"required"`
	Params map[string]interface{} `json:"params"`
}

func (m *manager) post(c *gin.Context) {
	var wanted start
	if err := c.ShouldBindJSON(&wanted); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	id, err := m.submit(wanted.Type, wanted.Params, func(progress func(int, string)) (interface{}, error) {
		progress(50, "step 1 of 1")
		return gin.H{"slept": true}, nil
	})
	if err != nil {
		c.JSON(http.StatusServiceUnavailable, gin.H{"error": err.Error()})
		return
	}
	c.JSON(http.StatusAccepted, gin.H{"task_id": id})
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter = io.Discard
	m := &manager{tasks: make(map[string]*task)}
	if len(os.Args) > 2 {
		m.journal = open(os.Args[2], 16)
	}
	router := gin.New()
	router.Use(gin.Recovery())
	router.GET("/api/tasks/:id", m.get)
	router.POST("/api/tasks", m.post)
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	_ = http.Serve(listener, router)
}
