// The yardstick from another world: the same task manager as people write it in Go with gin. Tasks live in a map behind a
// lock, a goroutine runs each one. Same paths, same nine members, nothing durable.
//
//	gin_reference ADDRESS:PORT     prints "ready"
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
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

type manager struct {
	sync.RWMutex
	tasks map[string]*task
}

func (m *manager) submit(kind string, run func(progress func(int, string)) (interface{}, error)) string {
	t := &task{ID: uuid.NewString(), Type: kind, Status: "running", CreatedAt: time.Now().UTC()}
	m.Lock()
	m.tasks[t.ID] = t
	m.Unlock()
	go func() {
		result, err := run(func(percent int, message string) {
			m.Lock()
			t.Progress, t.Message = percent, message
			m.Unlock()
		})
		done := time.Now().UTC()
		m.Lock()
		defer m.Unlock()
		t.DoneAt = &done
		if err != nil {
			t.Status, t.Error = "error", err.Error()
			return
		}
		t.Status, t.Progress, t.Message, t.Result = "completed", 100, "done", result
	}()
	return t.ID
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
	id := m.submit(wanted.Type, func(progress func(int, string)) (interface{}, error) {
		progress(50, "step 1 of 1")
		return gin.H{"slept": true}, nil
	})
	c.JSON(http.StatusAccepted, gin.H{"task_id": id})
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter = io.Discard
	m := &manager{tasks: make(map[string]*task)}
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
